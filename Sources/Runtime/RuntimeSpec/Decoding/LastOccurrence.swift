/// For each key whether none of the later ones is made of the same bytes.
///
/// It sorts: that is fast enough for a hostile number of keys, and unlike a dictionary needs no
/// types built at run time, which would cost more than the few keys of every day.
func isLastOccurrence(_ keys: [[UInt8]]) -> [Bool] {
  let order = keys.indices.sorted { left, right in
    if keys[left] == keys[right] { return left < right }
    return keys[left].lexicographicallyPrecedes(keys[right])
  }
  var isLast = [Bool](repeating: true, count: keys.count)
  for (earlier, later) in zip(order, order.dropFirst()) where keys[earlier] == keys[later] {
    isLast[earlier] = false
  }
  return isLast
}
