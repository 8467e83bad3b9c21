import SwrunCLI

endProcess(runCommand(CommandLine.arguments))
