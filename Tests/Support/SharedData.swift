import Foundation

/// Public data sets beside the repository, which may not be part of it.
package enum SharedData {
    /// The folder; nil if it is not there.
    package static let folder: String? = {
        let path = ProcessInfo.processInfo.environment["MARTLET_SHARED_DATA"] ?? "../shared/data"
        let full = URL(filePath: path).standardizedFileURL.path
        return FileManager.default.fileExists(atPath: full) ? full : nil
    }()

    /// One year of Online Retail's invoices; nil if it is not there.
    package static let onlineRetail: String? = folder.flatMap { folder in
        let path = "\(folder)/online-retail/online_retail_2010-2011.csv.gz"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
}
