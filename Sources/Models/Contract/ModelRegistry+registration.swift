import Core
import Synchronization

extension ModelRegistry {
    private static let registered = Mutex<[any RetrievalModel.Type]>([])

    /// Every model there is: those that come with Martlet, and those that a program has brought.
    static var models: [any RetrievalModel.Type] { builtIn + registered.withLock { $0 } }

    /// Makes a model of one's own known, so that a project can name its kind under `models:`.
    ///
    /// Call it before a project is read, in every process that runs its steps. A kind that is known is left as it is
    /// if it is the same type.
    ///
    /// - Throws: `invalidConfiguration` if another model has this kind.
    public static func register<Model: RetrievalModel>(_ model: Model.Type) throws {
        try registered.withLock { registered in
            guard let known = (builtIn + registered).first(where: { $0.kind == Model.kind }) else {
                registered.append(model)
                return
            }
            guard ObjectIdentifier(known) == ObjectIdentifier(model) else {
                throw MartletError(
                    .invalidConfiguration, "there is a model '\(Model.kind)' already", hint: "give yours another kind")
            }
        }
    }
}
