import Core
import Dashboard
import Testing

/// Who comes in.
struct AdminKeyTests {
    private let key = try! AdminKey("0123456789abcdef")

    @Test func aShortKeyIsRefused() {
        #expect(throws: MartletError.self) { try AdminKey("short") }
    }

    @Test func onlyTheKeyIsTheKey() {
        #expect(key.accepts("0123456789abcdef"))
        for wrong in ["", "0123456789abcdeF", "0123456789abcdef0"] { #expect(!key.accepts(wrong)) }
        #expect(AdminKey.make() != AdminKey.make() && AdminKey.make().count == 48)
    }

    @Test func aCookieRunsOutAndCannotBeMade() throws {
        let cookie = key.cookie(now: 1000)
        #expect(key.accepts(cookie: cookie, now: 1000))
        #expect(!key.accepts(cookie: cookie, now: 1000 + 13 * 3600))
        let mac = cookie.split(separator: ".")[1]
        for forged in ["", ".", "9999999999.\(mac)", "9999999999.", cookie + "0", cookie.uppercased()] {
            #expect(!key.accepts(cookie: forged, now: 1000), "\(forged)")
        }
        #expect(!(try AdminKey("another key, quite long")).accepts(cookie: cookie, now: 1000))
    }

    @Test func aFormBelongsToOneSession() {
        let (mine, theirs) = (key.cookie(now: 1000), key.cookie(now: 2000))
        #expect(key.accepts(formToken: key.formToken(cookie: mine), cookie: mine))
        #expect(!key.accepts(formToken: key.formToken(cookie: mine), cookie: theirs))
        #expect(!key.accepts(formToken: "", cookie: mine))
    }
}
