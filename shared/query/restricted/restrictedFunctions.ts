/**
 * Functions that a restricted query may call, operators among them: those that compute from their arguments alone. What is
 * not here reads files, settings, the environment or DuckDB's own catalog, or has not been looked at.
 */
export const allowedFunctions: ReadonlySet<string> = new Set(
  [
    // Operators, as the parser names them.
    '+ - * / // % ** ^ || & | << >> ~ ! ~~ !~~ ~~* !~~* ~~~ @ ^@ <-> <=> -> ->> && @> <@ not_like_escape like_escape ilike_escape not_ilike_escape',
    // Aggregates and windows.
    'count count_star count_if countif sum sum_no_overflow fsum kahan_sum avg mean favg min max min_by max_by arg_min arg_max arg_min_null arg_max_null any_value first last mode median mad quantile quantile_cont quantile_disc approx_quantile approx_count_distinct reservoir_quantile stddev stddev_pop stddev_samp variance var_pop var_samp skewness kurtosis kurtosis_pop entropy corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy bool_and bool_or bit_and bit_or bit_xor product geomean string_agg group_concat listagg list array_agg histogram grouping grouping_id row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value',
    // Numbers.
    'abs sign ceil ceiling floor round trunc even sqrt cbrt pow power exp ln log log2 log10 mod fmod fdiv gcd lcm factorial gamma lgamma pi degrees radians sin cos tan cot asin acos atan atan2 sinh cosh tanh isnan isinf isfinite nextafter greatest least bit_count xor width_bucket equi_width_bins add subtract multiply divide',
    // Text and bytes.
    'lower upper lcase ucase length len strlen char_length character_length bit_length octet_length left right left_grapheme right_grapheme substr substring substring_grapheme trim ltrim rtrim lpad rpad replace translate reverse repeat concat concat_ws contains starts_with ends_with prefix suffix position strpos instr split string_split str_split string_to_array split_part string_split_regex regexp_matches regexp_full_match regexp_replace regexp_extract regexp_extract_all regexp_split_to_array regexp_escape format printf chr ascii ord unicode hex unhex to_hex from_hex bin to_binary unbin from_binary base64 to_base64 from_base64 encode decode md5 sha1 sha256 hash levenshtein editdist3 hamming mismatches jaccard jaro_similarity jaro_winkler_similarity strip_accents nfc_normalize initcap url_encode url_decode format_bytes formatreadablesize formatreadabledecimalsize bar parse_filename parse_dirname parse_dirpath parse_path',
    // Dates and times.
    'date_trunc datetrunc date_part datepart date_diff datediff date_sub datesub date_add extract epoch epoch_ms epoch_us epoch_ns year month day hour minute second millisecond microsecond quarter week weekofyear yearweek weekday dayofweek dayofmonth dayofyear isodow isoyear decade century millennium era dayname monthname last_day time_bucket age make_date make_time make_timestamp make_timestamptz make_timestamp_ms make_timestamp_ns to_timestamp to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds to_weeks to_months to_quarters to_years strftime strptime try_strptime timezone now today current_date current_time current_timestamp get_current_timestamp get_current_time transaction_timestamp julian isfinite',
    // Lists, structs, maps, JSON.
    'list_value list_pack list_concat list_cat array_concat list_contains array_contains list_has list_position list_indexof list_extract list_element array_extract list_slice array_slice list_append list_prepend list_sort list_reverse_sort array_sort list_distinct list_unique list_any_value list_aggregate list_aggr list_sum list_avg list_min list_max list_count list_first list_last list_transform list_apply list_filter list_reduce list_zip list_has_any list_has_all list_intersect list_resize flatten array_length array_to_string unnest generate_series range struct_pack struct_extract struct_insert row map map_from_entries map_entries map_keys map_values map_extract map_contains element_at cardinality json json_extract json_extract_string json_extract_path json_extract_path_text json_array_length json_keys json_type json_valid json_value json_exists json_contains json_structure json_object json_array json_group_array json_group_object to_json array_to_json row_to_json from_json json_transform',
    // Choices.
    'coalesce ifnull nullif if error constant_or_null typeof try_cast',
  ].flatMap(names => names.split(' ')),
)

/** Functions that stand in FROM. */
export const allowedTableFunctions: ReadonlySet<string> = new Set(['unnest', 'generate_series', 'range'])
