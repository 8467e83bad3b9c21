import JSON
import Testing

@testable import RuntimeSpec

private let unknown = ResourceUpdate.Written(memory: nil, quota: nil, period: nil)

private func resources(_ text: String) throws -> Resources {
  try Resources(parsing: Array(text.utf8))
}

@Suite struct ResourceUpdateTests {
  @Test("what is absent, 0 or empty stays as it is")
  func nothing() throws {
    let current = try resources(
      """
      {"memory": {"limit": 5, "swap": 7, "reservation": 3}, "pids": {"limit": 9},
       "cpu": {"shares": 2, "quota": 3, "period": 4, "cpus": "0", "mems": "1"},
       "blockIO": {"weight": 100}, "devices": [{"allow": false}]}
      """
    )
    let request = try resources(
      """
      {"memory": {"limit": 0, "swap": 0, "reservation": 0}, "pids": {}, "devices": [],
       "cpu": {"shares": 0, "quota": 0, "period": 0, "cpus": "", "mems": ""},
       "blockIO": {"weight": 0}}
      """
    )
    let update = ResourceUpdate(request, to: current, unknown)
    #expect(update.result == current)
    #expect(update.change.devices == nil)
  }

  @Test(
    "the recorded sum of memory and swap follows what the kernel does",
    arguments: [
      // A new limit alone: what is left for swap stays.
      ("{\"limit\": 200}", "{\"limit\": 100, \"swap\": 150}", 200, 250),
      ("{\"limit\": 50}", "{\"limit\": 100, \"swap\": 100}", 50, 50),
      ("{\"limit\": 50}", "{\"limit\": 100, \"swap\": -1}", 50, -1),
      ("{\"limit\": 50}", "{\"limit\": 100}", 50, nil),
      // No limit is none of swap either.
      ("{\"limit\": -1}", "{\"limit\": 100, \"swap\": 150}", -1, -1),
      // A new sum belongs to the limit that holds.
      ("{\"swap\": 170}", "{\"limit\": 100, \"swap\": 150}", 100, 170),
      ("{\"limit\": 120, \"swap\": 170}", "{\"limit\": 100, \"swap\": 150}", 120, 170),
    ] as [(String, String, Int64, Int64?)]
  )
  func swap(request: String, current: String, limit: Int64, swap: Int64?) throws {
    let update = ResourceUpdate(
      try resources("{\"memory\": \(request)}"),
      to: try resources("{\"memory\": \(current)}"),
      .init(memory: 100, quota: nil, period: nil)
    )
    #expect(update.result.memory?.limit == limit)
    #expect(update.result.memory?.swap == swap)
  }

  @Test("quota and period are completed by what is written, before what is recorded")
  func quota() throws {
    let current = try resources("{\"cpu\": {\"quota\": 10, \"period\": 20}}")
    let written = ResourceUpdate.Written(memory: nil, quota: 30, period: 40)
    let quota = ResourceUpdate(try resources("{\"cpu\": {\"quota\": 50}}"), to: current, written)
    #expect(quota.change.cpu?.quota == 50)
    #expect(quota.change.cpu?.period == 40)
    let period = ResourceUpdate(try resources("{\"cpu\": {\"period\": 60}}"), to: current, unknown)
    #expect(period.change.cpu?.quota == 10)
    #expect(period.result.cpu?.period == 60)
    let neither = ResourceUpdate(try resources("{\"cpu\": {\"shares\": 5}}"), to: current, written)
    #expect(neither.change.cpu?.quota == nil)
  }

  @Test("a weight comes back with the end of idleness, and waits for it")
  func idle() throws {
    let weighed = try resources("{\"cpu\": {\"shares\": 512}}")
    let awake = ResourceUpdate(try resources("{\"cpu\": {\"idle\": 0}}"), to: weighed, unknown)
    #expect(awake.change.cpu?.shares == 512)
    let idle = try resources("{\"cpu\": {\"shares\": 512, \"idle\": 1}}")
    let waiting = ResourceUpdate(try resources("{\"cpu\": {\"shares\": 9}}"), to: idle, unknown)
    #expect(waiting.change.cpu?.idle == 1)
    #expect(waiting.result.cpu?.shares == 9)
  }

  @Test("lists are merged by device, size and file; device rules are replaced")
  func lists() throws {
    let current = try resources(
      """
      {"devices": [{"allow": false}, {"allow": true, "type": "c", "major": 1}],
       "hugepageLimits": [{"pageSize": "2MB", "limit": 1}, {"pageSize": "1GB", "limit": 2}],
       "unified": {"memory.high": "1", "pids.max": "2"},
       "blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1},
         {"major": 8, "minor": 1, "rate": 2}]}}
      """
    )
    let request = try resources(
      """
      {"devices": [{"allow": true, "type": "b"}],
       "hugepageLimits": [{"pageSize": "2MB", "limit": 3}], "unified": {"pids.max": "4"},
       "blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 5}]}}
      """
    )
    let result = ResourceUpdate(request, to: current, unknown).result
    #expect(result.devices?.map(\.kind) == [.block])
    #expect(result.hugepageLimits?.map(\.limit) == [2, 3])
    #expect(result.unified?.map(\.value) == ["1", "4"])
    #expect(result.blockIO?.throttleReadBpsDevice?.map(\.rate) == [2, 5])
  }

  @Test("what is recorded reads back as it was")
  func recorded() throws {
    let all = try resources(
      """
      {"devices": [{"allow": false, "access": "rwm"},
         {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rm"}],
       "memory": {"limit": 5, "swap": -1, "reservation": 3, "checkBeforeUpdate": true},
       "cpu": {"shares": 2, "quota": -1, "period": 4, "burst": 0, "cpus": "0", "mems": "1",
         "idle": 0},
       "pids": {"limit": 0}, "hugepageLimits": [{"pageSize": "2MB", "limit": 18446744073709551615}],
       "rdma": {"mlx": {"hcaHandles": 4294967295}}, "unified": {"memory.high": "1\\n"},
       "blockIO": {"weight": 10, "weightDevice": [{"major": 8, "minor": 0, "weight": 20}],
         "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1}],
         "throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 2}],
         "throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 3}],
         "throttleWriteIOPSDevice": [{"major": 8, "minor": 0, "rate": 18446744073709551615}]}}
      """
    )
    let text = all.json.text(.compact)
    #expect(Resources(recorded: try JSONDocument(parsing: text).root) == all)
    #expect(try Resources(parsing: text) == all)
  }

  @Test("0 processes have been a limit since 1.3")
  func zeroPids() throws {
    var old = try resources("{\"pids\": {\"limit\": 0}}")
    var new = old
    old.dropZeroPidsLimit(ociVersion: "1.2.1")
    new.dropZeroPidsLimit(ociVersion: "1.3.0")
    #expect(old.pids == nil)
    #expect(new.pids?.limit == 0)
  }

  @Test("errors of a document say where")
  func errors() {
    #expect(throws: ConfigurationError.self) { try resources("{\"memory\": {\"limit\": \"x\"}}") }
    #expect(throws: ConfigurationError.self) { try resources("[]") }
    #expect(throws: ConfigurationError.self) { try resources("{\"memory\": ") }
  }
}
