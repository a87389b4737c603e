-- The twelve columns that describe an article, and the texts to show it by.
select
    article_id,
    product_code,
    product_type_no,
    product_group_name,
    graphical_appearance_no,
    colour_group_code,
    perceived_colour_value_id,
    perceived_colour_master_id,
    department_no,
    index_code,
    index_group_no,
    section_no,
    garment_group_no,
    prod_name,
    product_type_name,
    colour_group_name,
    detail_desc
from {{ ref('articles_staging') }}
