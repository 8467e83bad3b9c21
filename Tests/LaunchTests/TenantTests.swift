import RuntimeSpec
import Testing

@testable import Launch
@testable import State
@testable import Terminal

/// Pairs of a tenant's steps that must not be swapped, and what would happen if they were.
@Suite struct TenantOrderTests {
  static let pairs: [(first: InitStep, second: InitStep, otherwise: String)] = [
    (.nameProcess, .joinNamespaces, "the container can trace a process with the host's files"),
    (.setLimits, .joinNamespaces, "limits can't be raised in a user namespace"),
    (.joinNamespaces, .takeIdentity, "there is no user namespace yet to be root in"),
    (.takeIdentity, .joinKeyring, "the keyring is another user's"),
    (.joinNamespaces, .openTerminal, "the terminal is one of the host's"),
    (.openTerminal, .changeUser, "the terminal does not come to belong to the user"),
    (.setNoNewPrivileges, .confine, "the filter can't be loaded without privilege"),
    (.dropBoundingSet, .changeUser, "CAP_SETPCAP is gone"),
    (.takeIdentity, .dropBoundingSet, "the user namespace fills the set again"),
    (.changeUser, .findProgram, "a program is found that the user may not execute"),
    (.findProgram, .report, "exec succeeds for a program that isn't there"),
    (.confine, .report, "exec succeeds for rights that can't be had"),
  ]

  @Test(arguments: pairs.indices)
  func precedes(_ index: Int) throws {
    let (first, second, otherwise) = Self.pairs[index]
    let before = try #require(Tenant.order.firstIndex(of: first))
    let after = try #require(Tenant.order.firstIndex(of: second))
    #expect(before < after, "\(otherwise)")
  }

  @Test func takesNoStepTwice() {
    #expect(Set(Tenant.order).count == Tenant.order.count)
  }
}

@Suite struct TenantBasisTests {
  static let basis = TenantBasis(
    namespaces: [.pid, .mount, .user],
    filter: [6, 0, 0, 0, 0, 0, 255, 127],
    filterFlags: 2,
    persona: 8,
    keepsKeyring: true,
    processText: [UInt8]("{\n\"cwd\": \"/\"}".utf8)
  )

  @Test func survivesTheFile() {
    #expect(TenantBasis(bytes: Self.basis.bytes) == Self.basis)
    var bare = Self.basis
    (bare.filter, bare.persona) = (nil, nil)
    #expect(TenantBasis(bytes: bare.bytes) == bare)
  }

  @Test func refusesWhatIsNotWhole() {
    var basis = Self.basis
    basis.memoryPolicy = MemoryPolicyPlan(mode: 0x8002, nodes: [1, .max])
    (basis.listenerPath, basis.listenerMetadata) = ("/run/agent", "a \"b\"")
    #expect(TenantBasis(bytes: basis.bytes) == basis)
    let bytes = Self.basis.bytes
    for count in 0..<bytes.count { #expect(TenantBasis(bytes: Array(bytes[..<count])) == nil) }
    #expect(TenantBasis(bytes: bytes + [0]) == nil)
  }

  @Test func refusesNamespacesThatNobodyKnows() {
    let text = String(decoding: Self.basis.bytes.prefix { $0 != 10 }, as: UTF8.self)
    let other = text.replacing("\"pid\"", with: "\"pod\"")
    let rest = Self.basis.bytes.drop { $0 != 10 }
    #expect(TenantBasis(bytes: [UInt8](other.utf8) + rest) == nil)
  }
}

@Suite struct RelayBufferTests {
  @Test func keepsOrderAndRoom() {
    var buffer = RelayBuffer()
    #expect(buffer.isEmpty && buffer.hasRoom && buffer.endsLine)
    buffer.append([1, 2, 3])
    buffer.remove(1)
    buffer.append([4])
    #expect(Array(buffer.bytes) == [2, 3, 4])
    buffer.remove(3)
    #expect(buffer.isEmpty)
    buffer.append([UInt8](repeating: 0, count: RelayBuffer.capacity))
    #expect(!buffer.hasRoom)
  }

  @Test func knowsWhetherALineHasEnded() {
    var buffer = RelayBuffer()
    buffer.append([UInt8]("ab".utf8))
    #expect(!buffer.endsLine)
    buffer.append([UInt8]("c\n".utf8))
    buffer.remove(4)
    #expect(buffer.endsLine)
  }
}
