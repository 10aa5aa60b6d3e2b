import HashTreeCollections
import Harness
import JSON
import Testing

@testable import Flags

@Suite struct MemberSetTests {
    /// Inserts and removals at random, beside a `Set` that says what must be there. `crowd` is how many different members
    /// there are: few are met again and again, many grow the base.
    @Test(arguments: [MemberSet.Form.names, .hashes], [40, 3_000, 40_000])
    func itHoldsWhatASetHolds(form: MemberSet.Form, crowd: Int) {
        var random = SeededRandom(seed: UInt64(crowd))
        var set = MemberSet(form)
        var reference: Set<String> = []
        var copies: [(set: MemberSet, reference: Set<String>)] = []
        var differences = 0
        for step in 0..<30_000 {
            let member = "user-\(Int.random(in: 0..<crowd, using: &random))"
            // Waves: mostly coming, then mostly going.
            let comes = Int.random(in: 0..<10, using: &random) < (step / 6_000 % 2 == 0 ? 8 : 3)
            let changed = comes ? set.insert(member) : set.remove(member)
            let differs = comes ? reference.insert(member).inserted : reference.remove(member) != nil
            if changed != differs || set.count != reference.count { differences += 1 }
            if step % 3_000 == 0 { copies.append((set, reference)) }
        }
        #expect(differences == 0)
        copies.append((set, reference))
        for copy in copies {
            #expect(copy.set.count == copy.reference.count && copy.set.isSound)
            #expect((0..<crowd).allSatisfy { copy.set.contains("user-\($0)") == copy.reference.contains("user-\($0)") })
        }
    }

    @Test func aBaseIsMadeAnewAndAgain() {
        var hashes = MemberHashes()
        var bases: [MemberTable] = [hashes.base]
        var isEachNew = true
        for user in 0..<20_000 {
            isEachNew = hashes.insert(MemberHash("user-\(user)")) && isEachNew
            if bases.last !== hashes.base { bases.append(hashes.base) }
        }
        #expect(isEachNew && bases.count > 10)
        #expect(hashes.count - hashes.base.count <= hashes.base.count / 32 + 256)
        var wasEachThere = true
        for user in 0..<20_000 { wasEachThere = hashes.remove(MemberHash("user-\(user)")) && wasEachThere }
        #expect(wasEachThere)
        #expect(hashes.count == 0 && hashes.isSound)
        #expect(hashes.base.count <= 256)
    }

    @Test func aCompactSetIsTheSameInLessRoom() {
        var hashes = MemberHashes()
        for user in 0..<1_000 { _ = hashes.insert(MemberHash("user-\(user)")) }
        for user in 0..<50 { _ = hashes.remove(MemberHash("user-\(user)")) }
        let before = hashes
        hashes.merge()
        #expect(hashes.base.count == 950 && hashes.count == 950 && hashes.isSound)
        #expect((0..<1_000).allSatisfy { hashes.contains(MemberHash("user-\($0)")) == ($0 >= 50) })
        #expect(before.count == 950 && before.base.count != 950 && before.isSound)
        let base = hashes.base
        hashes.merge()
        #expect(hashes.base === base)
    }

    @Test func aBuiltSetIsTheSameAsOneThatGrew() {
        for size in [0, 1, 2, 9, 255, 5_000, 70_000] {
            var builder = MemberSetBuilder()
            // Every third one twice.
            for user in 0..<size {
                for _ in 0..<(user % 3 == 0 ? 2 : 1) {
                    Array("user-\(user)".utf8).withUnsafeBytes { builder.add($0) }
                }
            }
            var built = builder.built()
            #expect(built.count == size && built.isSound && built.form == .hashes)
            #expect((0..<size).allSatisfy { built.contains("user-\($0)") })
            #expect(!(size..<size + 1_000).contains { built.contains("user-\($0)") })
            let isNew = built.insert("user-0")
            #expect(isNew == (size == 0))
            let wasThere = built.remove("user-0")
            #expect(wasThere && !built.contains("user-0") && built.isSound)
        }
    }

    @Test(arguments: [MemberSet.Form.names, .hashes]) func membersAreTheirBytes(form: MemberSet.Form) {
        let members = ["", "a", "a\u{0}", "a\u{0}b", "é", "e\u{301}", String(repeating: "long ", count: 50)]
        var set = MemberSet(members, as: form)
        #expect(set.count == members.count)
        #expect(members.allSatisfy { set.contains($0) })
        #expect(!set.contains("A") && !set.contains("b"))
        // A slice's bytes lie elsewhere.
        #expect(set.contains(String("xa\u{0}bx".dropFirst().dropLast())))
        let wasThere = set.remove("é")
        #expect(wasThere && !set.contains("é") && set.contains("e\u{301}"))
    }

    @Test func namesCanBeListed() {
        #expect(MemberSet(["bob", "ann", "bob"]).names.sorted().map(\.text) == ["ann", "bob"])
    }

    @Test func hashesSpreadOverEveryBit() {
        var ones = MemberHash.zero
        var zeros = MemberHash.zero
        for user in 0..<200 {
            let hash = MemberHash("user-\(user)")
            ones = MemberHash(high: ones.high | hash.high, low: ones.low | hash.low)
            zeros = MemberHash(high: zeros.high | ~hash.high, low: zeros.low | ~hash.low)
            #expect(hash.high != hash.low)
        }
        #expect(ones.high == .max && ones.low == .max && zeros.high == .max && zeros.low == .max)
    }

    @Test func aFlippedBitIsNoticed() {
        var hashes = MemberHashes()
        for user in 0..<5_000 { _ = hashes.insert(MemberHash("user-\(user)")) }
        #expect(hashes.isSound)
        let table = hashes.base.hashes
        for place in [0, table.count / 2, table.count - 1] {
            for bit in [0, 63, 64, 127] {
                // Nothing in the code lets a table be changed: the memory itself is.
                table.withUnsafeBytes { bytes in
                    let byte = UnsafeMutableRawPointer(mutating: bytes.baseAddress!) + place * 16 + bit / 8
                    byte.storeBytes(of: byte.load(as: UInt8.self) ^ 1 << (bit % 8), as: UInt8.self)
                }
                #expect(!hashes.isSound, "bit \(bit) of hash \(place)")
                table.withUnsafeBytes { bytes in
                    let byte = UnsafeMutableRawPointer(mutating: bytes.baseAddress!) + place * 16 + bit / 8
                    byte.storeBytes(of: byte.load(as: UInt8.self) ^ 1 << (bit % 8), as: UInt8.self)
                }
            }
        }
        #expect(hashes.isSound)
    }
}
