import ArgumentParser

/// The root of all verbs.
struct Swimg: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swimg",
    abstract: "Turn container images into bundles for any OCI runtime, without a daemon.",
    version: "swimg version 0.1.0",
    subcommands: [
      LoadCommand.self, SaveCommand.self, ListCommand.self, InspectCommand.self,
      HistoryCommand.self,
      TreeCommand.self, TagCommand.self, RemoveCommand.self, PruneCommand.self,
      DiskUseCommand.self, VerifyCommand.self, ValidateCommand.self,
      ListFilesCommand.self, CatCommand.self,
      DiffCommand.self, ExportCommand.self, UnpackCommand.self,
    ],
  )

  @OptionGroup var store: StoreOptions
}
