// SwrunCLI
