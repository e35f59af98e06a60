/// One listing of a kind, from which pages are cut.
struct CatalogSnapshot: Sendable {
  let rows: [CatalogRow]
  let position: Cursor
  let isComplete: Bool
  /// The kind's feature is on.
  let isEnabled: Bool
  let leftOut: LeftOut
  /// When the listing began.
  let listedAt: Timestamp

  func page(after id: ReplicableID?, limit: Int) -> CatalogPage {
    var start = 0
    if let id {
      var end = rows.count
      while start < end {
        let middle = (start + end) / 2
        if rows[middle].id <= id { start = middle + 1 } else { end = middle }
      }
    }
    let end = min(rows.count, start + max(1, limit))
    var page = CatalogPage(
      rows: Array(rows[start..<end]), position: position, isComplete: isComplete, isLast: end == rows.count,
      isEnabled: isEnabled)
    page.leftOut = leftOut
    return page
  }
}
