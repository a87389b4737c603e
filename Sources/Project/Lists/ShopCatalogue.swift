import Core
import Features
import Stores

/// The items as the server shows them.
struct ShopCatalogue {
    private let data: InteractionDataset

    init(_ data: InteractionDataset) { self.data = data }

    /// Item `i` of the dataset with its texts; the column named as `title` is called so, the others keep their names.
    func items() throws -> [CatalogueItem] {
        let columns = try data.catalogue.map { catalogue in
            try catalogue.schema.names.map { name in (name == data.title ? "title" : name, try catalogue.column(name)) }
        }
        return (0..<data.items.count).map { index in
            var show: [String: JSONValue] = [:]
            for (name, column) in columns ?? [] {
                if let text = column.text(index) {
                    show[name] = .string(text)
                } else if let number = column.number(index) {
                    show[name] = .number(number)
                }
            }
            return CatalogueItem(id: data.items.id(index), show: .object(show))
        }
    }
}
