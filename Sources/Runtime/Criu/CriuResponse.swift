/// What CRIU says: a question in between, or the end of it.
enum CriuResponse: Equatable {
  /// A point of the work has been reached; CRIU waits for an answer.
  case notification(String, pid: Int32?)
  /// All is done; the first process's id after a restore.
  case done(pid: Int32?)
  case failed(code: Int32, message: String?)

  /// Reads the message criu_resp; nil when it is none.
  init?(frame: [UInt8]) {
    guard let fields = MessageFields(frame), let type = fields.integer(1) else { return nil }
    if type == CriuType.notify.rawValue, let notification = fields.message(5) {
      self = .notification(notification.text(1) ?? "", pid: notification.integer(2))
    } else if fields.flag(2) {
      self = .done(pid: fields.message(4)?.integer(1))
    } else {
      self = .failed(code: fields.integer(7) ?? 0, message: fields.text(9))
    }
  }
}
