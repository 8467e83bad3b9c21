// RootedFiles
