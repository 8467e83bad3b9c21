import Kernel
import Testing

@testable import Launch

@Suite struct HandshakeTests {
  static let failure = InitFailure(
    step: .mountFileSystems,
    call: "fsmount",
    code: .init(rawValue: 1),
    subject: "mount proc on /proc"
  )

  static let messages: [InitMessage] = [
    .initProcess(1), .initProcess(4_194_304), .mounted, .limitsDue, .prepared, .failed(failure),
    .settled(NamespaceOwners(user: 4_026_531_837, mounts: 4_026_532_000)),
    .settled(NamespaceOwners(user: 4_026_531_837, mounts: nil)),
    .startHooksAhead, .startHooksDone,
    .failed(InitFailure(step: .findProgram, refusal: "exec: \"x\": permission denied")),
  ]

  @Test(arguments: messages)
  func survivesTheChannel(_ message: InitMessage) throws {
    #expect(try InitMessage(frame: message.frame) == message)
  }

  @Test func tellsClosedShortAndUnknownApart() {
    #expect(throws: HandshakeError.closed) { try InitMessage(frame: []) }
    #expect(throws: HandshakeError.unknownTag(0xff)) { try InitMessage(frame: [0xff]) }
    #expect(throws: HandshakeError.shortFrame(tag: 0x49)) { try InitMessage(frame: [0x49, 1, 2]) }
    #expect(throws: HandshakeError.shortFrame(tag: 0x66)) { try InitMessage(frame: [0x66, 1]) }
    #expect(throws: HandshakeError.shortFrame(tag: 0x46)) { try InitMessage(frame: [0x46, 4, 0]) }
  }

  @Test func tellsFromTheFailureFileWhetherTheProgramRuns() {
    let ahead = InitMessage.startHooksAhead.frame
    let done = InitMessage.startHooksDone.frame
    let failed = InitMessage.failed(Self.failure).frame
    #expect(failureAtGate(in: []) == nil)
    #expect(failureAtGate(in: ahead + done) == nil)
    #expect(failureAtGate(in: ahead) == .handshake(.closedAtStart))
    for file in [failed, ahead + failed, ahead + done + failed] {
      #expect(failureAtGate(in: file) == .initFailed(Self.failure))
    }
  }

  @Test func readsTheFrameOfTheLastYard() throws {
    // struct ckernel_final_failure: tag, step 4 (exec), two bytes of nothing, EACCES.
    let frame: [UInt8] = [0x46, 4, 0, 0, 13, 0, 0, 0]
    let expected = InitFailure(
      step: .execute,
      call: "execve",
      code: .init(rawValue: 13),
      subject: ""
    )
    #expect(try InitMessage(frame: frame) == .failed(expected))
  }

  @Test func namesTheProgramThatIsNoProgram() throws {
    let frame: [UInt8] = [0x46, 4, 0, 0, 8, 0, 0, 0] + Array("/x".utf8)
    guard case .failed(let failure) = try InitMessage(frame: frame) else {
      Issue.record("no failure")
      return
    }
    #expect("\(failure)".hasPrefix("exec: \"/x\": exec format error (ENOEXEC): it is neither"))
  }

  @Test func fitsTheChannelWhateverTheSubject() {
    let long = InitFailure(
      step: .setSysctls,
      call: "write",
      code: .init(rawValue: 22),
      subject: String(repeating: "é", count: 10_000)
    )
    #expect(InitMessage.failed(long).frame.count <= Channel.longestFrame)
  }

  @Test func saysStepCallAndErrno() {
    #expect(
      "\(Self.failure)" == "mount proc on /proc: fsmount: operation not permitted (EPERM)"
    )
    let bare = InitFailure(
      step: .setNames,
      call: "sethostname",
      code: .init(rawValue: 22),
      subject: ""
    )
    #expect("\(bare)" == "hostname: sethostname: invalid argument (EINVAL)")
  }

  @Test func lastWordsSurviveAnUnreadFrame() throws {
    // Symptom: "init was killed from outside" in place of why init had failed.
    let pair = try Channel.pair()
    try pair.first.send(CreatorMessage.adopted.frame)
    try pair.second.send(InitMessage.failed(Self.failure).frame)
    let creator = pair.keepFirst()
    #expect(try InitMessage(frame: creator.receive()) == .failed(Self.failure))
    #expect(try creator.receive().isEmpty)
  }
}
