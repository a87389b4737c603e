import Stores

extension ServingMetrics {
    /// All metrics in Prometheus' text format.
    ///
    /// - Parameters:
    ///   - version: the version being served.
    ///   - isReady: whether the server takes new requests.
    ///   - started: when the process began to serve, in seconds since 1970.
    ///   - pipelines: the pipelines being served, where the project has one.
    ///   - answers: the state of the log of answers, if there is one.
    func text(
        version: ServedVersion?, isReady: Bool, started: Int, pipelines: ServedPipelines? = nil,
        answers: AnswerLog.Status? = nil
    ) -> String {
        var text = PrometheusText()
        writeRequests(to: &text)
        writeLists(to: &text)
        pipelines?.metrics.write(to: &text, current: pipelines?.current)
        pipelines?.experiments.write(to: &text, log: answers)
        events.write(to: &text)
        calls.write(to: &text)
        let now = UniversalTime.now().seconds
        text.single("martlet_ready", "gauge", "Whether the server takes new requests.", isReady ? 1 : 0)
        if let version {
            let manifest = version.snapshot.manifest
            text.begin("martlet_snapshot_info", "gauge", "The published version being served.")
            text.sample(
                "martlet_snapshot_info",
                [
                    ("version", String(version.snapshot.version)), ("model", manifest.model),
                    ("model_version", manifest.modelVersion),
                ], 1)
            text.single(
                "martlet_snapshot_version", "gauge", "The number of the version being served.",
                Double(version.snapshot.version))
            text.single(
                "martlet_snapshot_age_seconds", "gauge", "Time since the lists of the version were made.",
                Double(now - Int(manifest.created)))
            text.single(
                "martlet_snapshot_loaded_timestamp_seconds", "gauge", "When the version was loaded.",
                Double(version.loaded))
            text.single(
                "martlet_snapshot_users", "gauge", "Users with a list of their own.", Double(manifest.users))
            text.single("martlet_snapshot_items", "gauge", "Items of the catalogue.", Double(manifest.items))
        }
        text.begin("martlet_build_info", "gauge", "The program that answers.")
        text.sample("martlet_build_info", [("version", BuildInformation.version)], 1)
        writeProcess(to: &text, started: started)
        return text.text
    }

    private func writeRequests(to text: inout PrometheusText) {
        let histograms = requests.histograms
        func labels(_ histogram: RequestMetrics.Histogram) -> [(String, String)] {
            [("route", histogram.route.template), ("status", String(histogram.status))]
        }
        text.begin("martlet_http_requests_total", "counter", "Requests answered, by route and status.")
        for histogram in histograms {
            text.sample("martlet_http_requests_total", labels(histogram), Double(histogram.count))
        }
        let name = "martlet_http_request_duration_seconds"
        text.begin(name, "histogram", "Time from a request's head to the last byte of its answer handed over.")
        for histogram in histograms {
            let bounds = RequestMetrics.bounds + [.infinity]
            for (bound, count) in zip(bounds, histogram.cumulative) {
                text.sample(
                    name + "_bucket", labels(histogram) + [("le", PrometheusText.number(bound))], Double(count))
            }
            text.sample(name + "_sum", labels(histogram), histogram.sum)
            text.sample(name + "_count", labels(histogram), Double(histogram.count))
        }
        text.single("martlet_http_requests_in_flight", "gauge", "Requests being answered.", Double(inFlight))
        text.single(
            "martlet_http_requests_rejected_total", "counter", "Requests turned away because too many were in flight.",
            Double(rejections))
    }

    private func writeLists(to text: inout PrometheusText) {
        text.begin("martlet_lists_served_total", "counter", "Lists found in the store, by kind.")
        for kind in ListKind.allCases {
            text.sample("martlet_lists_served_total", [("kind", kind.name)], Double(lists(kind)))
        }
        text.begin("martlet_fallbacks_served_total", "counter", "Lists that stood in for a user's own, by reason.")
        for reason in Fallback.allCases {
            text.sample("martlet_fallbacks_served_total", [("reason", reason.reason)], Double(fallbacks(reason)))
        }
        text.single(
            "martlet_store_errors_total", "counter", "Reads that the store did not answer.", Double(storeErrors))
    }

    private func writeProcess(to text: inout PrometheusText, started: Int) {
        let process = ProcessStatistics()
        text.single(
            "process_cpu_seconds_total", "counter", "User and system time in seconds.", process.processorSeconds)
        text.single("process_resident_memory_bytes", "gauge", "Resident memory.", Double(process.residentBytes))
        text.single("process_virtual_memory_bytes", "gauge", "Address space.", Double(process.virtualBytes))
        text.single("process_max_fds", "gauge", "Files that may be open.", Double(process.openFilesLimit))
        if let open = process.openFiles { text.single("process_open_fds", "gauge", "Open files.", Double(open)) }
        text.single("process_start_time_seconds", "gauge", "When the server started.", Double(started))
    }
}

/// What the program says of itself.
enum BuildInformation {
    /// The version of the server's interface, also that of the OpenAPI document.
    static let version = "1.0.0"
}
