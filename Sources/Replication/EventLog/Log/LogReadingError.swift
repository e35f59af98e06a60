/// Why a reading of the log came to no end.
enum LogReadingError: Error {
  /// The start position is not in this log's history.
  case forked
  /// The requested events were pruned.
  case pruned
  case failed(EventLogError)
}
