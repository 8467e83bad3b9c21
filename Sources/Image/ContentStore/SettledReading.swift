import ImageSpec
import RootedFiles

/// One state of a store's index: it is replaced with every change.
struct IndexVersion: Equatable {
  fileprivate let identity: FileIdentity
  fileprivate let modified: FileTime
}

extension ContentStore {
  /// Reads, and reads again when another process has changed the index meanwhile.
  ///
  /// It may have removed what was found missing, and what a lease was to keep before there was one.
  /// - Parameters:
  ///   - isCertain: whether a result stands whatever others have done; an error never does.
  ///   - read: finds its images anew each time.
  /// - Returns: what was read last.
  /// - Throws: what the reading throws while nobody disturbs it.
  package func settled<Result, Failure>(
    isCertain: (Result) -> Bool,
    _ read: () throws(Failure) -> Result,
  ) throws(Failure) -> Result {
    // Each round but the first is another process's work: these are many removals.
    for _ in 0..<100 {
      let version = indexVersion
      do throws(Failure) {
        let result = try read()
        if isCertain(result) || indexVersion == version { return result }
      } catch {
        guard indexVersion != version else { throw error }
      }
    }
    return try read()
  }

  /// Nil where there is no index that can be read: whoever reads it says so.
  var indexVersion: IndexVersion? {
    do throws(FileError) {
      return try directory.status(of: try FileName(Layout.indexName))
        .map { IndexVersion(identity: $0.identity, modified: $0.modified) }
    } catch {
      return nil
    }
  }
}
