import Core
import Tensor

extension Factors {
    /// The factors as tensors: `users`, `items`, `popularity`, and `item-bias` if there is one.
    var tensors: [StoredTensor] {
        var tensors = [
            StoredTensor("users", shape: [users.rows, dimension], .float(Array(users.values))),
            StoredTensor("items", shape: [items.rows, dimension], .float(Array(items.values))),
            StoredTensor("popularity", shape: [items.rows], .float(popularity)),
        ]
        if let itemBias { tensors.append(StoredTensor("item-bias", shape: [items.rows], .float(itemBias))) }
        return tensors
    }

    /// Writes a model that consists of factors, and of `more` where it needs more to go on.
    ///
    /// - Throws: `system` or `outOfSpace` if the folder cannot be written.
    func save(to folder: String, kind: String, hyperparameters: JSONValue, more: [StoredTensor] = []) throws {
        try ModelFolder(folder).write(
            kind: kind, hyperparameters: hyperparameters, schema: shape.json, tensors: tensors + more)
    }

    /// Reads the factors of a saved model.
    ///
    /// - Throws: `corrupted` if a tensor is missing, or is of another shape than the others ask for.
    init(_ file: SafetensorsFile) throws {
        let popularity = try file.floats("popularity", shape: [nil])
        guard let width = file.tensors["items"]?.shape.last, width > 0 else {
            throw MartletError(
                .corrupted, "the file of weights has no tensor 'items'", hint: "train the model again")
        }
        let items = try file.floats("items", shape: [popularity.count, width])
        let users = try file.floats("users", shape: [nil, width])
        let bias = file.tensors["item-bias"] == nil ? nil : try file.floats("item-bias", shape: [popularity.count])
        guard popularity.allSatisfy({ $0 >= 0 }) else {
            throw MartletError(.corrupted, "the popularity of an item is negative", hint: "train the model again")
        }
        self.init(
            users: Matrix(rows: users.count / width, columns: width, values: users),
            items: Matrix(rows: popularity.count, columns: width, values: items), itemBias: bias,
            popularity: popularity, shape: try DatasetShape(json: file.json("schema")))
    }
}
