// SwimgCLI
