import Foundation
import Stores

/// A moment in the life of a publisher at which it is killed.
enum Moment: String, Codable, CaseIterable, Sendable {
    case writing, verifying, beforeManifest, beforeSwitch, afterSwitch

    /// A store that ends this process when the moment has come.
    func deadly(_ store: any KeyValueStore) -> any KeyValueStore {
        var deadly = HookedStore(store: store)
        switch self {
        case .writing: break
        case .verifying: deadly.beforeOpening = { _ in Self.die() }
        case .beforeManifest: deadly.beforeSwitching = { if $0.contains(".manifest.") { Self.die() } }
        case .beforeSwitch: deadly.beforeSwitching = { if $0.hasSuffix(".live") { Self.die() } }
        case .afterSwitch: deadly.afterSwitching = { if $0.hasSuffix(".live") { Self.die() } }
        }
        return deadly
    }

    /// Ends this process here and now, with no chance to clean up.
    static func die() -> Never {
        kill(getpid(), SIGKILL)
        while true { pause() }
    }
}
