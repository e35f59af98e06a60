import Foundation

/// A wall clock that is wrong for the processes that run with its environment, by a number of seconds that can be changed while
/// they run. Their monotonic clocks stay right, as those of a machine do whose time is set.
package final class WrongClock: Sendable {
  private let file: String
  private let library: String

  /// Needs a C compiler.
  package static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/cc")

  /// Compiles the library into the directory.
  package init(_ directory: TemporaryDirectory) throws {
    file = directory.path("clock-offset")
    library = directory.path("wrong-clock.so")
    try directory.write(Self.source, to: "wrong-clock.c")
    try set(0)
    let outcome: ProcessOutcome = try ChildProcess(
      "/usr/bin/cc", ["-shared", "-fPIC", "-O1", "-o", library, directory.path("wrong-clock.c"), "-ldl"],
      environment: ProcessInfo.processInfo.environment
    ).outcome()
    guard outcome.isSuccess else { throw TestSupportError("cc: \(outcome.errorText)") }
  }

  /// What a process needs in its environment.
  package var environment: [String: String] { ["LD_PRELOAD": library, "WRONG_CLOCK_FILE": file] }

  /// Sets by how many seconds the clock is ahead; negative: behind.
  package func set(_ seconds: Int) throws {
    let bytes = withUnsafeBytes(of: Int64(seconds)) { Data($0) }
    if let handle = FileHandle(forWritingAtPath: file) {
      // In place: the processes have mapped this very file.
      try handle.write(contentsOf: bytes)
      try handle.close()
    } else {
      try bytes.write(to: URL(fileURLWithPath: file))
    }
  }

  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <fcntl.h>
    #include <stdint.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>

    static volatile int64_t *shared;

    __attribute__((constructor)) static void begin(void) {
      const char *path = getenv("WRONG_CLOCK_FILE");
      int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
      void *page = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
      if (page != MAP_FAILED) shared = page;
      if (file >= 0) close(file);
    }

    static int64_t offset(void) { return shared ? *shared : 0; }

    int clock_gettime(clockid_t clock, struct timespec *time) {
      static int (*real)(clockid_t, struct timespec *);
      if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
      int result = real(clock, time);
      if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += offset();
      return result;
    }

    int gettimeofday(struct timeval *restrict time, void *restrict zone) {
      static int (*real)(struct timeval *, void *);
      if (!real) real = dlsym(RTLD_NEXT, "gettimeofday");
      int result = real(time, zone);
      if (!result) time->tv_sec += offset();
      return result;
    }

    time_t time(time_t *result) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      if (result) *result = now.tv_sec;
      return now.tv_sec;
    }

    """
}
