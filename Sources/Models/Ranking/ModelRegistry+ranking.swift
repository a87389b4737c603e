extension ModelRegistry {
    /// The models that rank pairs.
    static let ranking: [any RetrievalModel.Type] = [
        RankingModel<LogisticRegression>.self, RankingModel<FactorizationMachine>.self, RankingModel<WideDeep>.self,
        RankingModel<DeepFM>.self, RankingModel<DLRM>.self, RankingModel<DCNv2>.self, RankingModel<NeuMF>.self,
        RankingModel<MMoE>.self, RankingModel<PLE>.self,
    ]

    /// The names of the models that put few items into order: for a whole catalogue they are slow.
    public static var rankingKinds: [String] { ranking.map { $0.kind } }
}
