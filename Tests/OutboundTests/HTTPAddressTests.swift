import Testing

@testable import Outbound

@Suite struct HTTPAddressTests {
    @Test(arguments: [
        "http://127.0.0.1:8080/healthz", "http://localhost", "https://shop.example.com/live?deep=1", "http://[::1]:80/",
        "HTTP://127.0.0.1:65535/x", "http+unix://%2Frun%2Fcheckout.sock/healthz", "http+unix://%2Frun%2Fcheckout.sock",
    ])
    func whatCanBeAskedIsTaken(text: String) throws { #expect(try HTTPAddress(text).text == text) }

    @Test(arguments: [
        ("", "no URL"), ("127.0.0.1:8080/healthz", ""), ("/healthz", "no URL"), ("http://", "names no host"),
        ("http:///healthz", "names no host"), ("ftp://127.0.0.1/", "ftp can't be asked"),
        ("unix:///run/checkout.sock", "unix can't be asked"), ("http://127.0.0.1:0/", "0 is no port"),
        ("http://127.0.0.1:65536/", "65536 is no port"), ("http://127.0.0.1/a b", "no URL"),
        ("http://127.0.0.1/\n", "no URL"), ("http+unix:///run/checkout.sock", "names no socket"),
        ("http+unix://run%2Fcheckout.sock/healthz", "names no socket"),
        ("http://ann:secret@127.0.0.1/", "wouldn't be sent"),
        ("http+unix://%2F" + String(repeating: "a", count: 107), "at most 107 bytes"),
        ("file:///etc/passwd", "file can't be asked"),
        ("http://a/" + String(repeating: "a", count: 2_040), "at most 2048 bytes, this one 2049"),
    ])
    func whatCannotIsRefusedWithAReason(text: String, reason: String) throws {
        let problem = #expect(throws: HTTPAddress.Problem.self) { _ = try HTTPAddress(text) }
        #expect(try #require(problem).description.contains(reason))
    }
}
