import Core

/// Counts of a model in the form of Triton's statistics extension.
enum StatisticsText {
    static func json(
        _ entry: (name: String, version: String, counts: ModelStatistics.Counts)
    ) -> JSONValue {
        let counts = entry.counts
        let total = counts.total
        return [
            "name": .string(entry.name), "version": .string(entry.version),
            "last_inference": .integer(Int64(counts.last)), "inference_count": .integer(Int64(counts.inferences)),
            "execution_count": .integer(Int64(counts.executions)),
            "inference_stats": [
                "success": json(counts.success), "fail": json(counts.fail), "queue": json(counts.queue),
                "compute_input": json(total.input), "compute_infer": json(total.compute),
                "compute_output": json(total.output), "cache_hit": json(.init()), "cache_miss": json(.init()),
            ],
            "batch_stats": .array(
                counts.batches.sorted { $0.key < $1.key }.map { size, batch in
                    [
                        "batch_size": .integer(Int64(size)), "compute_input": json(batch.input),
                        "compute_infer": json(batch.compute), "compute_output": json(batch.output),
                    ]
                }),
        ]
    }

    private static func json(_ duration: ModelStatistics.Duration) -> JSONValue {
        ["count": .integer(Int64(duration.count)), "ns": .integer(Int64(duration.nanoseconds))]
    }
}
