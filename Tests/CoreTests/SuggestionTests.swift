import Core
import Testing

@Test func nearestFindsATypo() { #expect(nearest(to: "spilt", among: ["split", "serve"]) == "split") }
