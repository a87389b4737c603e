import Testing

import Core

@Test func nearestFindsATypo() { #expect(nearest(to: "spilt", among: ["split", "serve"]) == "split") }
