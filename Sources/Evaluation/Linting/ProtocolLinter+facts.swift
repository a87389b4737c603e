extension ProtocolLinter {
    // MARK: - What is known of how models were made

    var fittedPastTheSplit: ProtocolFinding? {
        guard let start = facts.windowStart, let last = facts.lastFittedRow, last >= start else { return nil }
        return ProtocolFinding(
            .fittedPastTheSplit, place: "features",
            "encoders were fitted on rows up to \(last - start) s into the \(facts.window) window",
            hint: "fit on rows before the window alone: build the dataset again with 'martlet features'")
    }

    var chosenOnTheTest: ProtocolFinding? {
        guard let chosen = facts.chosenOn, chosen == facts.window else { return nil }
        return ProtocolFinding(
            .chosenOnTheTest, place: "split",
            "models were chosen on the \(facts.window) window, which also judges them: the best of many is lucky",
            hint: "keep a validation window before the \(facts.window) window under 'split'")
    }

    var testLookedAtOften: ProtocolFinding? {
        guard let looks = facts.looks, looks > 20 else { return nil }
        return ProtocolFinding(
            .testLookedAtOften, place: facts.window,
            "the \(facts.window) window has judged \(looks) different versions: who picks the best of them has fitted it",
            hint: "choose on validation, and move 'split' on when new data comes")
    }

    var sampledAgainstFull: ProtocolFinding? {
        let counts = Set(facts.candidates.values)
        guard counts.count > 1 else { return nil }
        let told = facts.candidates.sorted { $0.key < $1.key }.map { name, count in
            "\(name) \(count > 0 ? "\(count) sampled" : "all") items"
        }
        return ProtocolFinding(
            .sampledAgainstFull, place: "evaluation",
            "models ranked different candidates (\(told.joined(separator: ", "))), so their metrics cannot be compared",
            hint: "rank all items for every model")
    }

    var duplicatesAcrossTheSplit: ProtocolFinding? {
        guard let (rows, repeated) = facts.repeatedRows, rows > 0, Double(repeated) > 0.05 * Double(rows) else {
            return nil
        }
        return ProtocolFinding(
            .duplicatesAcrossTheSplit, place: "interactions",
            "\(repeated) of \(rows) rows of the \(facts.window) window repeat a row of the day before it",
            hint: "remove doubles in SQL, and put the split between two days")
    }

    var futureColumns: [ProtocolFinding] {
        facts.columns.filter { $0.isFigure && $0.cold >= 5 && $0.knownOfCold > 0.5 }.map { column in
            ProtocolFinding(
                .futureColumn, place: column.name,
                "'\(column.name)' looks like a figure over interactions, and is known for "
                    + "\(fixed(column.knownOfCold * 100, digits: 0)) % of the \(column.cold) that have none before the "
                    + "\(facts.window) window: it comes from later rows",
                hint:
                    "compute it from rows before the split (join-group-by does), or use var('validation_start') in SQL")
        }
    }

    var targetAmongFeatures: [ProtocolFinding] {
        facts.targetFeatures.map { name in
            ProtocolFinding(
                .targetAmongFeatures, place: "features.context.\(name)",
                "'\(name)' is made of the column that says what kind of event a row is, or how much it counts: nobody "
                    + "knows that when recommending", hint: "remove the feature")
        }
    }
}
