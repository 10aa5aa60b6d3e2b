import JSON
import Releases
import Testing

@Suite struct DeploymentTests {
    @Test func checksAndRetirementMoveIt() {
        var deployment = Deployment(component: "checkout", version: "1.4.2", where: "eu west", at: 1_000, by: "ci")
        #expect(deployment.state == .recorded)
        #expect(deployment.title == "checkout 1.4.2 in eu west")
        deployment.take(
            DeploymentCheck(url: "http://a/", at: 2_000, passed: false, detail: "503"), by: "ci", message: "")
        #expect(deployment.state == .failed)
        deployment.take(DeploymentCheck(at: 3_000, passed: true, detail: "seen"), by: "ann", message: "looked")
        #expect(deployment.state == .verified)
        #expect(deployment.at == 3_000)
        #expect(Deployment(stored: deployment.json) == deployment)
        deployment.retire(at: 4_000, by: "ci", message: "")
        #expect(deployment.state == .retired)
        #expect(Deployment(stored: deployment.json) == deployment)
    }

    @Test func countsAsVerifiedInOnePlaceAtLeast() {
        var deployments = Deployments([
            Deployment(component: "checkout", version: "1.10.0", where: "b", state: .verified, at: 0, by: ""),
            Deployment(component: "checkout", version: "1.9.0", state: .failed, at: 0, by: ""),
            Deployment(component: "checkout", version: "1.10.0", where: "a", state: .failed, at: 0, by: ""),
            Deployment(component: "cart", version: "1.9.0", state: .verified, at: 0, by: ""),
        ])
        #expect(deployments.isVerified("checkout", "1.10.0"))
        #expect(!deployments.isVerified("checkout", "1.9.0"))
        #expect(
            deployments.sorted.map(\.title) == [
                "cart 1.9.0", "checkout 1.9.0", "checkout 1.10.0 in a", "checkout 1.10.0 in b",
            ])
        #expect(deployments.deployments("checkout", "1.10.0").map(\.where) == ["a", "b"])
        deployments.remove("checkout", "1.10.0", where: "b")
        #expect(!deployments.isVerified("checkout", "1.10.0"))
    }

    /// Whatever the order in which they come, and whatever the versions are called: each is found, and none twice.
    @Test func isSortedAsItIsPut() throws {
        let versions = [
            "9.0.0", "10.0.0", "1x", "blue", "2.0.0-rc.1", "2.0.0", "green", "1.0.0+a", "1.0.0+b", "é", "e\u{301}",
        ]
        let all = versions.flatMap { version in
            ["", "a", "b"].map { Deployment(component: "checkout", version: version, where: $0, at: 0, by: "") }
        }
        var generator = SystemRandomNumberGenerator()
        let sorted = Deployments(all).sorted.map(\.key)
        #expect(sorted.prefix(3) == ["checkout/1.0.0+a/", "checkout/1.0.0+a/a", "checkout/1.0.0+a/b"])
        #expect(Deployments(all).sorted.filter { $0.where.isEmpty }.map(\.version).suffix(5).first == "1x")
        for _ in 0..<50 {
            var deployments = Deployments(all.shuffled(using: &generator))
            #expect(deployments.sorted.map(\.key) == sorted)
            for var deployment in all.shuffled(using: &generator) {
                deployment.state = .verified
                deployments.put(deployment)
                #expect(deployments.deployment("checkout", deployment.version, where: deployment.where) == deployment)
                #expect(deployments.isVerified("checkout", deployment.version))
            }
            #expect(deployments.sorted.map(\.key) == sorted)
            for version in versions {
                #expect(deployments.deployments("checkout", version).map(\.where) == ["", "a", "b"])
                #expect(deployments.remove("checkout", version, where: "a")?.version.isExactly(version) == true)
                #expect(deployments.deployments("checkout", version).map(\.where) == ["", "b"])
                #expect(deployments.remove("checkout", version, where: "a") == nil)
                for place in ["b", ""] { deployments.remove("checkout", version, where: place) }
            }
            #expect(deployments.isEmpty && Array(deployments.components).isEmpty)
        }
    }
}
