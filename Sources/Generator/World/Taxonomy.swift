/// The departments, garments and colours of a fashion shop.
enum Taxonomy {
    /// A section of the shop, with the shoppers it is for.
    struct Section: Sendable {
        var number: Int
        var name: String
        var indexCode: String
        var indexName: String
        var groupNumber: Int
        var groupName: String
        /// −1 women … 1 men.
        var gender: Double
        /// The age of its typical shopper in years.
        var age: Double
        /// The share of purchases, not normalised.
        var share: Double
    }

    /// A kind of garment.
    struct Garment: Sendable {
        var groupNumber: Int
        var groupName: String
        var productGroup: String
        /// Product types with their numbers.
        var types: [(number: Int, name: String)]
        /// How much the season matters; the day of the year at which it sells best.
        var season: Double
        var peakDay: Double
        /// A middling price in hundredths.
        var price: Double
    }

    /// A colour with its shades.
    struct Family: Sendable {
        var number: Int
        var name: String
        var shades: [(code: Int, name: String)]
    }

    static let sections: [Section] = [
        Section(
            number: 15, name: "Womens Everyday Collection", indexCode: "A", indexName: "Ladieswear",
            groupNumber: 1, groupName: "Ladieswear", gender: -1, age: 36, share: 16),
        Section(
            number: 53, name: "Divided Collection", indexCode: "D", indexName: "Divided",
            groupNumber: 2, groupName: "Divided", gender: -1, age: 24, share: 15),
        Section(
            number: 6, name: "Womens Casual", indexCode: "A", indexName: "Ladieswear",
            groupNumber: 1, groupName: "Ladieswear", gender: -1, age: 42, share: 7),
        Section(
            number: 11, name: "Womens Tailoring", indexCode: "A", indexName: "Ladieswear",
            groupNumber: 1, groupName: "Ladieswear", gender: -1, age: 47, share: 6),
        Section(
            number: 61, name: "Womens Lingerie", indexCode: "B", indexName: "Lingeries/Tights",
            groupNumber: 1, groupName: "Ladieswear", gender: -1, age: 33, share: 8),
        Section(
            number: 60, name: "Womens Swimwear, beachwear", indexCode: "B", indexName: "Lingeries/Tights",
            groupNumber: 1, groupName: "Ladieswear", gender: -1, age: 28, share: 6),
        Section(
            number: 64, name: "Womens Shoes", indexCode: "C", indexName: "Ladies Accessories",
            groupNumber: 1, groupName: "Ladieswear", gender: -1, age: 34, share: 4),
        Section(
            number: 66, name: "Womens Small accessories", indexCode: "C", indexName: "Ladies Accessories",
            groupNumber: 1, groupName: "Ladieswear", gender: -1, age: 30, share: 4),
        Section(
            number: 50, name: "Divided Basics", indexCode: "D", indexName: "Divided",
            groupNumber: 2, groupName: "Divided", gender: -0.6, age: 22, share: 6),
        Section(
            number: 82, name: "Ladies Sport", indexCode: "S", indexName: "Sport",
            groupNumber: 26, groupName: "Sport", gender: -0.8, age: 32, share: 4),
        Section(
            number: 26, name: "Men Casual", indexCode: "F", indexName: "Menswear",
            groupNumber: 3, groupName: "Menswear", gender: 1, age: 31, share: 6),
        Section(
            number: 22, name: "Mens Basics", indexCode: "F", indexName: "Menswear",
            groupNumber: 3, groupName: "Menswear", gender: 1, age: 40, share: 4),
        Section(
            number: 20, name: "Men Suits & Tailoring", indexCode: "F", indexName: "Menswear",
            groupNumber: 3, groupName: "Menswear", gender: 1, age: 46, share: 3),
        Section(
            number: 5, name: "Mens Sport", indexCode: "S", indexName: "Sport",
            groupNumber: 26, groupName: "Sport", gender: 0.9, age: 29, share: 2),
        Section(
            number: 76, name: "Kids Girls", indexCode: "H", indexName: "Children Sizes 92-140",
            groupNumber: 4, groupName: "Baby/Children", gender: -0.5, age: 37, share: 4),
        Section(
            number: 43, name: "Kids Boys", indexCode: "H", indexName: "Children Sizes 92-140",
            groupNumber: 4, groupName: "Baby/Children", gender: 0.1, age: 38, share: 3),
        Section(
            number: 40, name: "Baby Essentials", indexCode: "G", indexName: "Baby Sizes 50-98",
            groupNumber: 4, groupName: "Baby/Children", gender: -0.3, age: 33, share: 3),
        Section(
            number: 77, name: "Young Teen", indexCode: "I", indexName: "Children Sizes 134-170",
            groupNumber: 4, groupName: "Baby/Children", gender: 0, age: 44, share: 2),
    ]

    static let garments: [Garment] = [
        Garment(
            groupNumber: 1005, groupName: "Jersey Fancy", productGroup: "Garment Upper body",
            types: [(254, "Top"), (255, "T-shirt"), (306, "Bodysuit")], season: 0.3, peakDay: 180, price: 1499),
        Garment(
            groupNumber: 1002, groupName: "Jersey Basic", productGroup: "Garment Upper body",
            types: [(255, "T-shirt"), (253, "Vest top")], season: 0.1, peakDay: 170, price: 999),
        Garment(
            groupNumber: 1003, groupName: "Knitwear", productGroup: "Garment Upper body",
            types: [(252, "Sweater"), (245, "Cardigan")], season: 0.9, peakDay: 325, price: 2499),
        Garment(
            groupNumber: 1009, groupName: "Trousers", productGroup: "Garment Lower body",
            types: [(272, "Trousers"), (273, "Leggings/Tights")], season: 0.2, peakDay: 270, price: 2499),
        Garment(
            groupNumber: 1010, groupName: "Blouses", productGroup: "Garment Upper body",
            types: [(256, "Blouse"), (259, "Shirt")], season: 0.2, peakDay: 120, price: 1999),
        Garment(
            groupNumber: 1013, groupName: "Dresses Ladies", productGroup: "Garment Full body",
            types: [(265, "Dress"), (267, "Jumpsuit/Playsuit")], season: 0.7, peakDay: 170, price: 2999),
        Garment(
            groupNumber: 1016, groupName: "Trousers Denim", productGroup: "Garment Lower body",
            types: [(272, "Trousers"), (276, "Skirt")], season: 0.1, peakDay: 265, price: 2999),
        Garment(
            groupNumber: 1018, groupName: "Swimwear", productGroup: "Swimwear",
            types: [(59, "Swimwear bottom"), (298, "Bikini top"), (57, "Swimsuit")],
            season: 1.6, peakDay: 165, price: 1299),
        Garment(
            groupNumber: 1007, groupName: "Outdoor", productGroup: "Garment Upper body",
            types: [(262, "Jacket"), (263, "Coat")], season: 1.1, peakDay: 300, price: 5999),
        Garment(
            groupNumber: 1017, groupName: "Under-, Nightwear", productGroup: "Underwear",
            types: [(286, "Underwear bottom"), (306, "Bra"), (297, "Pyjama set")],
            season: 0.2, peakDay: 345, price: 1299),
        Garment(
            groupNumber: 1021, groupName: "Socks and Tights", productGroup: "Socks & Tights",
            types: [(302, "Socks"), (304, "Underwear Tights")], season: 0.6, peakDay: 320, price: 699),
        Garment(
            groupNumber: 1020, groupName: "Shoes", productGroup: "Shoes",
            types: [(94, "Sneakers"), (87, "Boots"), (91, "Sandals")], season: 0.3, peakDay: 110, price: 3499),
        Garment(
            groupNumber: 1019, groupName: "Accessories", productGroup: "Accessories",
            types: [(66, "Bag"), (70, "Earring"), (72, "Hat/beanie"), (67, "Belt")],
            season: 0.2, peakDay: 340, price: 1199),
        Garment(
            groupNumber: 1025, groupName: "Shorts", productGroup: "Garment Lower body",
            types: [(274, "Shorts")], season: 1.4, peakDay: 175, price: 1499),
        Garment(
            groupNumber: 1008, groupName: "Dressed", productGroup: "Garment Upper body",
            types: [(264, "Blazer"), (259, "Shirt")], season: 0.3, peakDay: 275, price: 4499),
    ]

    static let families: [Family] = [
        Family(number: 5, name: "Black", shades: [(9, "Black"), (8, "Dark Grey")]),
        Family(number: 9, name: "White", shades: [(10, "White"), (11, "Off White")]),
        Family(number: 2, name: "Blue", shades: [(73, "Dark Blue"), (72, "Blue"), (71, "Light Blue")]),
        Family(number: 4, name: "Pink", shades: [(51, "Light Pink"), (52, "Pink")]),
        Family(number: 12, name: "Grey", shades: [(7, "Grey"), (6, "Light Grey")]),
        Family(number: 11, name: "Beige", shades: [(12, "Light Beige"), (13, "Beige")]),
        Family(number: 18, name: "Red", shades: [(42, "Red"), (43, "Dark Red")]),
        Family(number: 19, name: "Green", shades: [(91, "Light Green"), (93, "Dark Green")]),
        Family(number: 8, name: "Yellow", shades: [(32, "Yellow"), (33, "Dark Yellow")]),
        Family(number: 20, name: "Khaki green", shades: [(19, "Greenish Khaki"), (17, "Yellowish Brown")]),
    ]

    static let looks: [(number: Int, name: String)] = [
        (1_010_016, "Solid"), (1_010_001, "All over pattern"), (1_010_010, "Melange"), (1_010_017, "Stripe"),
        (1_010_023, "Denim"), (1_010_008, "Front print"), (1_010_004, "Check"), (1_010_005, "Colour blocking"),
    ]

    static let values: [(number: Int, name: String)] = [
        (4, "Dark"), (1, "Dusty Light"), (3, "Light"), (2, "Medium Dusty"),
    ]

    /// First words of product names.
    static let words = [
        "Alva", "Bruno", "Cleo", "Dante", "Elsa", "Fritz", "Greta", "Hugo", "Iris", "Juno", "Kaia", "Leo", "Mira",
        "Nora", "Otto", "Pia", "Quinn", "Rosa", "Sven", "Tilda", "Uma", "Vera", "Willow", "Xenia", "Ylva", "Zoe",
    ]
}
