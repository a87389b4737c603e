extension ModelRegistry {
    /// The models that rank pairs.
    static let ranking: [any RetrievalModel.Type] = [
        RankingModel<LogisticRegression>.self, RankingModel<FactorizationMachine>.self, RankingModel<WideDeep>.self,
        RankingModel<DeepFM>.self, RankingModel<DLRM>.self, RankingModel<DCNv2>.self, RankingModel<NeuMF>.self,
        RankingModel<MMoE>.self, RankingModel<PLE>.self,
    ]
}
