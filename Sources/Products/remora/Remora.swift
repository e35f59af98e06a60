internal import ArgumentParser
import RemoraCommands

@main
struct Remora {
  static func main() async { await RemoraCommand.runProgram() }
}
