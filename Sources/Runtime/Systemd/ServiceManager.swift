package import DBus
import Kernel

/// systemd, the system's or a user's, over its bus.
///
/// Every call and every wait ends by one deadline. See: org.freedesktop.systemd1(5).
package struct ServiceManager: ~Copyable {
  private var bus: Bus
  private let deadline: Deadline

  /// How long systemd gets for all that one verb asks of it, in milliseconds.
  private static let patience: Int64 = 30_000
  /// How often a job is asked after whose end was not announced, in milliseconds.
  private static let glance: Int64 = 500
  static let name = "org.freedesktop.systemd1"

  private init(_ bus: consuming Bus, until deadline: Deadline) {
    self.bus = bus
    self.deadline = deadline
  }

  /// Connects to the bus that systemd is on.
  package static func connect(to address: BusAddress) throws(SystemdError) -> ServiceManager {
    let deadline = Deadline(inMilliseconds: patience)
    var manager = ServiceManager(
      try wrapping { () throws(BusError) in try Bus.connect(to: address, until: deadline) },
      until: deadline
    )
    // Asked for before any job is, or its end could be missed. systemd sends it to who made the job
    // without a Subscribe(), which would have it send everything to everybody.
    try manager.subscribeToJobs()
    return manager
  }

  private mutating func subscribeToJobs() throws(SystemdError) {
    do throws(BusError) {
      try bus.subscribe(
        to: "type='signal',sender='\(Self.name)',interface='\(Self.name).Manager',"
          + "member='JobRemoved',path='/org/freedesktop/systemd1'"
      )
    } catch {
      throw .bus(error)
    }
  }

  /// Calls a method of an object of systemd, again for as long as systemd is away.
  ///
  /// While it executes itself anew it leaves the bus, and the bus answers in its place.
  mutating func ask(
    _ member: String,
    of object: String = "/org/freedesktop/systemd1",
    interface: String = "\(name).Manager",
    _ arguments: [BusValue],
  ) throws(BusError) -> [BusValue] {
    let call = MethodCall(
      to: Self.name,
      path: object,
      interface: interface,
      member: member,
      arguments
    )
    while true {
      do throws(BusError) {
        return try bus.call(call, until: deadline)
      } catch  where error.isPassing && !deadline.isOver {
        Clock.pause(milliseconds: 20)
      }
    }
  }

  /// Waits until a job has ended that a call has made.
  ///
  /// A signal says so. It gets lost where systemd leaves the bus meanwhile; so job and unit are
  /// looked at from time to time: once there is no such job the unit is in the state that it led to.
  mutating func wait(
    for results: [BusValue],
    of unit: Unit,
    until states: [String],
  ) throws(SystemdError) {
    guard let job = results.first?.text else {
      throw .bus(.malformed("no job in an answer about \(unit.name)"))
    }
    while true {
      if let result = try endOfJob(job, within: Self.glance) {
        return try judge(result, of: unit)
      }
      guard !deadline.isOver else { throw .timedOut(unit.name, waitingFor: "its job") }
      let isThere = try exists(job, of: unit)
      let state = try state(of: unit)
      if states.contains(state) { return }
      guard isThere else {
        // What it sent of the end came before what it has answered since.
        if let result = try endOfJob(job, within: 0) { return try judge(result, of: unit) }
        throw .jobFailed(unit.name, result: state)
      }
    }
  }

  private func judge(_ result: String, of unit: Unit) throws(SystemdError) {
    guard result == "done" else { throw .jobFailed(unit.name, result: result) }
  }

  /// Whether systemd still has a job.
  private mutating func exists(_ job: String, of unit: Unit) throws(SystemdError) -> Bool {
    do throws(BusError) {
      _ = try ask(
        "Get",
        of: job,
        interface: "org.freedesktop.DBus.Properties",
        [.string("\(Self.name).Job"), .string("State")]
      )
      return true
    } catch .failed("org.freedesktop.DBus.Error.UnknownObject", _) {
      return false
    } catch {
      throw .refused(unit.name, request: "its job can't be looked at", error)
    }
  }

  /// The result of a job if it ends within some milliseconds.
  private mutating func endOfJob(
    _ job: String,
    within limit: Int64,
  ) throws(SystemdError) -> String? {
    let moment = deadline.atMost(milliseconds: limit)
    do throws(BusError) {
      while let signal = try bus.nextSignal(until: moment) {
        guard signal.member == "JobRemoved", signal.arguments.count == 4,
          signal.arguments[1].text == job
        else { continue }
        return signal.arguments[3].text ?? ""
      }
    } catch {
      throw .bus(error)
    }
    return nil
  }

  /// A property of a unit; of one that does not exist systemd answers what it would be by default.
  mutating func property(
    _ property: String,
    of unit: Unit,
    _ interface: String = "Unit",
  ) throws(SystemdError) -> BusValue {
    do throws(BusError) {
      let results = try ask(
        "Get",
        of: unit.objectPath,
        interface: "org.freedesktop.DBus.Properties",
        [.string("\(Self.name).\(interface)"), .string(property)]
      )
      guard let value = results.first?.unwrapped else {
        throw .malformed("no value of \(property)")
      }
      return value
    } catch {
      throw .refused(unit.name, request: "\(property) can't be read", error)
    }
  }

  /// `active`, `inactive`, `failed` and some more.
  private mutating func state(of unit: Unit) throws(SystemdError) -> String {
    try property("ActiveState", of: unit).text ?? ""
  }

  /// Whose a unit is, by the description that it was made with.
  package mutating func owner(
    of unit: Unit,
    description: String,
  ) throws(SystemdError) -> UnitOwner {
    if try property("Description", of: unit).text == description { return .container }
    return try state(of: unit) == "inactive" ? .nobody : .another
  }

  /// Whether the unit is the container's, and up, or comes up: that is waited for.
  mutating func isUp(_ request: UnitRequest) throws(SystemdError) -> Bool {
    let owner = try owner(of: request.unit, description: request.description)
    guard owner == .container else { return false }
    // The job first: between the two it may end, but no unit is up any less by that.
    if case .structure(let job) = try property("Job", of: request.unit), job.count == 2,
      job[0] != .uint32(0)
    {
      try wait(for: [job[1]], of: request.unit, until: ["active"])
      return true
    }
    return try state(of: request.unit) == "active"
  }
}

/// Whose a unit is.
package enum UnitOwner: Equatable, Sendable {
  case container
  /// There is no such unit, or only a name of one.
  case nobody
  /// Somebody else has made one of that name.
  case another
}

extension BusError {
  /// What the bus answers while systemd is not on it.
  fileprivate var isPassing: Bool {
    guard case .failed(let name, _) = self, name.hasPrefix(Self.own) else { return false }
    return ["NoReply", "Disconnected", "ServiceUnknown", "NameHasNoOwner"]
      .contains(String(name.dropFirst(Self.own.count)))
      || name.hasPrefix("\(Self.own)Spawn.")
  }

  private static let own = "org.freedesktop.DBus.Error."
}
