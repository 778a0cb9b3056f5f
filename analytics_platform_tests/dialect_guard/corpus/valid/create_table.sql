create table marts.days (
    business_date date not null,
    portfolio_id varchar(64) not null,
    place bigint identity(1, 1),
    nav_base decimal(38, 8)
)
diststyle key distkey (portfolio_id)
compound sortkey (business_date, portfolio_id)
