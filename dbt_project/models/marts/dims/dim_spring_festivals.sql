select festival_day from {{ ref('spring_festivals') }}
