select * from {{ ref('articles_metadata') }}
