import Kernel

/// The terminal as a screen to draw on, given back as it was when the owner goes.
///
/// It draws on the alternate screen, so that what was there comes back; keys arrive one by one.
struct LiveScreen: ~Copyable {
  private static let output: Int32 = 1
  private static let input: Int32 = 0
  private static let alternateScreen = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J"
  private static let normalScreen = "\u{1B}[?25h\u{1B}[?1049l"

  /// What the keyboard was set to; nil while the terminal is as it was, or without a keyboard.
  private var saved: TerminalSettings?
  private var isEntered = false

  /// Whether keys can be read.
  let hasKeyboard = TerminalSettings(of: LiveScreen.input) != nil

  /// Takes the terminal.
  init() throws(KernelError) {
    try enter()
  }

  deinit {
    guard isEntered else { return }
    Self.giveBack(saved)
  }

  /// Takes the terminal, also after somebody else may have used it.
  mutating func enter() throws(KernelError) {
    if hasKeyboard, let before = TerminalSettings(of: Self.input) {
      try before.passingKeys.set(on: Self.input)
      if saved == nil { saved = before }
    }
    isEntered = true
    try DescriptorTable.write([UInt8](Self.alternateScreen.utf8), to: Self.output)
  }

  /// Gives the terminal back for now.
  mutating func leave() {
    Self.giveBack(saved)
    saved = nil
    isEntered = false
  }

  /// Draws all lines in one write over what was there, so that nothing flickers; what does not fit is
  /// cut off.
  func draw(_ lines: [String]) throws(KernelError) {
    // What a terminal is taken for that does not tell.
    let size = PseudoTerminal.size(of: Self.output) ?? (rows: 24, columns: 80)
    let frame = Self.frame(lines, rows: Int(size.rows), columns: Int(size.columns))
    try DescriptorTable.write([UInt8](frame.utf8), to: Self.output)
  }

  /// What draws lines: each is followed by clearing the rest of its row, and the last by clearing the
  /// rows below.
  ///
  /// A row that is full has no rest: clearing there would take its last character.
  static func frame(_ lines: [String], rows: Int, columns: Int) -> String {
    let clearRow = "\u{1B}[K"
    let clearBelow = "\u{1B}[J"
    let fitting = lines.prefix(rows).map { line in
      line.count < columns ? line + clearRow : String(line.prefix(columns))
    }
    let rest = fitting.count < rows ? "\r\n" + clearBelow : ""
    return "\u{1B}[H" + fitting.joined(separator: "\r\n") + rest
  }

  private static func giveBack(_ saved: TerminalSettings?) {
    do throws(KernelError) {
      try saved?.restore(on: input)
      try DescriptorTable.write([UInt8](normalScreen.utf8), to: output)
    } catch {
      // The terminal has gone, and with it what there was to restore.
    }
  }
}
