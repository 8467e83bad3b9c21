import Kernel

/// Ends the program: nothing is buffered, so there is nothing to be written out.
package func endProcess(_ status: Int32) -> Never {
  Process.end(status)
}
