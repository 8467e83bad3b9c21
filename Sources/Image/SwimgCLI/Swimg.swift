import ArgumentParser

/// The root of all verbs.
struct Swimg: ParsableCommand {
  static let number = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "swimg",
    abstract: "Turn container images into bundles for any OCI runtime, without a daemon.",
    version: "swimg version \(number)",
    subcommands: [
      LoadCommand.self, SaveCommand.self, ListCommand.self, InspectCommand.self,
      HistoryCommand.self,
      TreeCommand.self, TagCommand.self, RemoveCommand.self, PruneCommand.self,
      DiskUseCommand.self, VerifyCommand.self, ValidateCommand.self,
      ListFilesCommand.self, CatCommand.self,
      DiffCommand.self, ExportCommand.self, UnpackCommand.self,
      PullCommand.self, PushCommand.self, CopyCommand.self, TagsCommand.self, DeleteCommand.self,
      SearchCommand.self, ReferrersCommand.self, AttachCommand.self, SignCommand.self,
      LoginCommand.self, LogoutCommand.self,
    ],
  )

  @OptionGroup var store: StoreOptions
}
