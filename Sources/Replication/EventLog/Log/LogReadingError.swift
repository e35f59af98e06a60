/// Why a reading of the log came to no end.
enum LogReadingError: Error {
  /// The place where it was to begin is not in this log's history.
  case forked
  /// What was to be read is no longer kept.
  case pruned
  case failed(EventLogError)
}
