import SwimgCLI

CommandLineTool.run()
