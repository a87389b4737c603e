extension FeatureValue {
    /// A list of values, each of the type of the list's elements.
    ///
    /// - Returns: nil if one of them is null or of another type.
    package init?(_ elements: [FeatureValue], as type: FeatureType) {
        func each<Element>(_ take: (FeatureValue) -> Element?) -> [Element]? {
            var taken: [Element] = []
            taken.reserveCapacity(elements.count)
            for element in elements {
                guard let value = take(element) else { return nil }
                taken.append(value)
            }
            return taken
        }
        let list: FeatureValue? =
            switch type {
            case .bytesList: each { if case .bytes(let value) = $0 { value } else { nil } }.map { .bytesList($0) }
            case .stringList: each { if case .string(let value) = $0 { value } else { nil } }.map { .stringList($0) }
            case .int32List: each { if case .int32(let value) = $0 { value } else { nil } }.map { .int32List($0) }
            case .int64List: each { if case .int64(let value) = $0 { value } else { nil } }.map { .int64List($0) }
            case .doubleList: each { if case .double(let value) = $0 { value } else { nil } }.map { .doubleList($0) }
            case .floatList: each { if case .float(let value) = $0 { value } else { nil } }.map { .floatList($0) }
            case .boolList: each { if case .bool(let value) = $0 { value } else { nil } }.map { .boolList($0) }
            case .unixTimestampList:
                each { if case .unixTimestamp(let value) = $0 { value } else { nil } }.map { .unixTimestampList($0) }
            default: nil
            }
        guard let list else { return nil }
        self = list
    }
}
