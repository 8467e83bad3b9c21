import Glibc

extension Surroundings {
  /// The seconds since the epoch. See: time(2)
  package static var secondsSinceEpoch: Int64 { Int64(time(nil)) }
}
