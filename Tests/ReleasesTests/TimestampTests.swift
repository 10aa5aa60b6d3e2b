import Releases
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-12-01T09:00:00Z", 1_796_115_600_000),
        ("2026-12-01T10:00:00.250+01:00", 1_796_115_600_250), ("2024-02-29t23:59:59z", 1_709_251_199_000),
        ("2000-03-01 00:00:00Z", 951_868_800_000),
    ]) func readsRFC3339(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp.milliseconds(of: text) == milliseconds)
    }

    @Test(arguments: [
        "", "2026-12-01", "2026-12-01T09:00:00", "2026-13-01T09:00:00Z", "2026-02-29T09:00:00Z", "2026-12-01T24:00:00Z",
        "2026-12-01T09:00:00+1:00", "2026-12-01T09:00:00.Z", "1969-12-31T23:59:59Z", "2026-12-01T09:00Z",
    ]) func refusesOthers(_ text: String) {
        #expect(Timestamp.milliseconds(of: text) == nil)
    }

    @Test func writesWhatItReads() {
        for day in stride(from: Int64(0), to: 400 * 366, by: 7) {
            let moment = day * 86_399_137
            #expect(Timestamp.milliseconds(of: Timestamp.text(milliseconds: moment)) == moment)
        }
        #expect(Timestamp.text(seconds: 1_796_115_600) == "2026-12-01T09:00:00Z")
    }
}
