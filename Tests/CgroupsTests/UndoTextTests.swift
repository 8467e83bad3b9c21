import RuntimeSpec
import Testing

@testable import Cgroups

private func undo(_ file: String, _ text: String, over content: String) -> String? {
  undoText(of: LimitSetting.FileText(file: file, text: text), over: content)
}

@Suite struct UndoTextTests {
  @Test("a file with one value gets it back")
  func single() {
    #expect(undo("memory.max", "100", over: "max") == "max")
    #expect(undo("cpu.max", "1000 100000", over: "max 100000") == "max 100000")
    #expect(undo("hugetlb.2MB.max", "0", over: "4096") == "4096")
  }

  @Test("an empty file gets a write that is one")
  func empty() {
    #expect(undo("cpuset.cpus", "0", over: "") == "\n")
  }

  @Test("files by device get the line of the device back, or its absence")
  func devices() {
    let throttles = "8:0 rbps=1 wbps=max riops=max wiops=max\n8:16 rbps=2 wbps=3 riops=4 wiops=5"
    #expect(undo("io.max", "8:16 rbps=9", over: throttles) == "8:16 rbps=2 wbps=3 riops=4 wiops=5")
    #expect(
      undo("io.max", "8:1 rbps=9", over: throttles) == "8:1 rbps=max wbps=max riops=max wiops=max"
    )
    #expect(undo("io.weight", "910", over: "default 100\n8:0 50") == "default 100")
    #expect(undo("io.weight", "8:0 910", over: "default 100\n8:0 50") == "8:0 50")
    #expect(undo("io.bfq.weight", "8:1 910", over: "default 100\n8:0 50") == "8:1 default")
    #expect(
      undo("rdma.max", "mlx4_0 hca_handle=3", over: "mlx4_0 hca_handle=max hca_object=7")
        == "mlx4_0 hca_handle=max hca_object=7"
    )
  }

  @Test("controllers are switched back one by one")
  func controllers() {
    #expect(undo("cgroup.subtree_control", "+memory -pids", over: "cpu pids") == "-memory +pids")
    #expect(undo("cgroup.subtree_control", "+cpu", over: "cpu pids") == nil)
  }

  @Test("a partition gets back what it was asked to be")
  func partition() {
    #expect(undo("cpuset.cpus.partition", "member", over: "root invalid (no CPUs)") == "root")
  }

  @Test("a manager is told the weights of all devices again where one of them goes")
  func weightsForManagers() throws {
    var resources = Resources()
    resources.unified = [UnifiedSetting(file: "io.weight", value: "8:16 200")]
    let undo = [
      UnifiedSetting(file: "io.bfq.weight", value: "8:0 default"),
      UnifiedSetting(file: "io.bfq.weight", value: "default 100"),
      UnifiedSetting(file: "pids.max", value: "7"),
    ]
    #expect(
      try managerSettings(undoing: undo, to: resources) == [
        UnifiedSetting(file: "pids.max", value: "7"),
        UnifiedSetting(file: "io.weight", value: "default 100"),
        UnifiedSetting(file: "io.weight", value: "8:0 default"),
        UnifiedSetting(file: "io.weight", value: "8:16 200"),
      ]
    )
    let others = [UnifiedSetting(file: "io.max", value: "8:0 rbps=max")]
    #expect(try managerSettings(undoing: others, to: resources) == others)
  }
}
