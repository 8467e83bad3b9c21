import RuntimeSpec
import Testing

/// What annotations say about the processes of a container: swrun-create(8), "ANNOTATIONS".
@Suite struct AnnotationTests {
  private func process(_ annotation: String, _ value: String) throws -> ProcessPlan {
    var warnings: [IgnoredSetting] = []
    var section = try Configuration.Process(
      parsing: [UInt8](#"{"cwd": "/", "args": ["x"], "noNewPrivileges": true}"#.utf8)
    )
    section.env = []
    var plan = try ProcessPlan(section, warnings: &warnings)
    try plan.apply([Annotation(key: annotation, value: value)])
    return plan
  }

  @Test("Landlock's lists are read, its paths made clean")
  func lists() throws {
    let text = #"{"readOnly": ["/a/../b/"], "readWrite": ["/c"], "execute": [], "bindTCP": [80]}"#
    let plan = try #require(try process(LandlockPlan.annotation, text).landlock)
    #expect(plan.readOnly == ["/b"])
    #expect(plan.readWrite == ["/c"])
    #expect(plan.bindTCP == [80])
    #expect(plan.connectTCP == nil)
    #expect(plan.restrictsFiles && plan.restrictsPorts)
  }

  @Test("An empty list of ports closes all of them, and is no list of paths")
  func emptyPorts() throws {
    let plan = try #require(try process(LandlockPlan.annotation, #"{"bindTCP": []}"#).landlock)
    #expect(!plan.restrictsFiles && plan.restrictsPorts)
  }

  @Test(
    "What is no restriction is refused, at the annotation",
    arguments: [
      "", "x", "[]", "{}", #"{"readOnly": []}"#, #"{"readOnly": ["a"]}"#, #"{"readOnly": 1}"#,
      #"{"readonly": ["/"]}"#, #"{"bindTCP": [-1]}"#, #"{"connectTCP": [65536]}"#,
      #"{"execute": ["/\u0000"]}"#,
    ]
  )
  func refusals(_ text: String) {
    #expect {
      _ = try process(LandlockPlan.annotation, text)
    } throws: { error in
      (error as? ConfigurationError)?.pointer == "/annotations/\(LandlockPlan.annotation)"
    }
  }

  @Test(
    "What is read or executed is not below what is written, by bytes",
    arguments: [
      (#"{"readWrite": ["/w"], "execute": ["/w/bin"]}"#, true),
      (#"{"readWrite": ["/"], "readOnly": ["/etc"]}"#, true),
      (#"{"readWrite": ["/a", "/w/b"], "readOnly": ["/w/b/../b//c"]}"#, true),
      (#"{"readWrite": ["/w", "/w/b"], "execute": ["/", "/w", "/wide"]}"#, false),
      (#"{"readWrite": ["/"], "readOnly": ["/"]}"#, false),
      ("{\"readWrite\": [\"/w\"], \"readOnly\": [\"/w/\u{301}x\"]}", true),
      ("{\"readWrite\": [\"/\u{e9}\"], \"readOnly\": [\"/e\u{301}/x\"]}", false),
    ]
  )
  func firmPlaces(_ text: String, isRefused: Bool) {
    do {
      _ = try process(LandlockPlan.annotation, text)
      #expect(!isRefused)
    } catch {
      #expect(isRefused && "\(error)".contains("below the readWrite path"))
    }
  }

  @Test("Landlock needs no_new_privs")
  func privileges() throws {
    let document = Document(
      rest: #""annotations": {"org.swrun.landlock": "{\"readOnly\": [\"/\"]}"}"#
    )
    #expect {
      _ = try document.plan()
    } throws: { error in
      (error as? ConfigurationError)?.pointer == "/process/noNewPrivileges"
    }
  }

  @Test("Core scheduling has one value")
  func cores() throws {
    #expect(try process(CoreScheduling.annotation, "own").hasOwnCores)
    #expect(throws: ConfigurationError.self) {
      try process(CoreScheduling.annotation, "true")
    }
  }
}
