import Kernel
import RuntimeSpec

extension ControlGroup {
  /// Writes settings in their order.
  func write(_ settings: [LimitSetting]) throws(CgroupError) {
    var early: [LimitSetting] = []
    for setting in settings {
      do throws(KernelError) {
        try write(setting)
      } catch  where error.code == .invalid && setting.mayComeTooEarly {
        early.append(setting)
      } catch {
        throw failure(error, of: setting)
      }
    }
    for setting in early {
      do throws(KernelError) {
        try write(setting)
      } catch {
        throw failure(error, of: setting)
      }
    }
  }

  private func write(_ setting: LimitSetting) throws(KernelError) {
    for choice in setting.choices.dropLast() {
      do throws(KernelError) {
        return try Cgroups.write(choice.text, to: choice.file, of: directory)
      } catch  where error.code == .noEntry {
        continue
      }
    }
    guard let last = setting.choices.last else { return }
    do throws(KernelError) {
      // The kernel takes a line at a time, as of io.max one for each device.
      for text in last.text.valueLines { try Cgroups.write(text, to: last.file, of: directory) }
    } catch  where error.code == .noEntry && setting.isFineWithoutFile {
      // Without the controller there is no limit either, and that is what was asked for.
    }
  }

  private func failure(_ error: KernelError, of setting: LimitSetting) -> CgroupError {
    // cgroupfs lets nobody make files: what can't be opened for want of permission isn't there.
    error.code == .noEntry ? .missingFile(setting.file) : .kernel(error)
  }
}
