import Core
import Testing
import Warehouse

extension PostgreSQLTests {
    @Test(
        .tags(.slow), .enabled(if: TestWarehouses.sharedData != nil, "the shared data is not there"),
        .timeLimit(.minutes(15)))
    func `the H&M project builds what it builds in DuckDB`() throws {
        let project = try HMProject.compare(from: TestWarehouses.sharedData! + "/hm", with: configuration)
        #expect(project.load.sources.map(\.rows) == [31_662, 1364, 105_542])
    }
}

extension SnowflakeTests {
    @Test(
        .tags(.slow), .enabled(if: TestWarehouses.sharedData != nil, "the shared data is not there"),
        .timeLimit(.minutes(15)))
    func `the H&M project builds what it builds in DuckDB`() throws {
        try TestWarehouses.withFolder { folder in
            let server = try FakeSnow(in: folder)
            defer { withExtendedLifetime(server) {} }
            _ = try ServerProcess.connect(server.configuration, within: 60)
            let project = try HMProject.compare(from: TestWarehouses.sharedData! + "/hm", with: server.configuration)
            #expect(project.load.sources.map(\.rows) == [31_662, 1364, 105_542])
        }
    }
}
