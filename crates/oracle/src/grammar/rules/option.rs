//! Query options.

pub(super) const RULES: &str = r#"
queryOptions = queryOption *( "&" queryOption )
queryOption = systemQueryOption / aliasAndValue / parameterName "=" parameterValue / customQueryOption
aliasAndValue = parameterAlias "=" parameterValue
parameterValue = commonExpr
customQueryOption = customName [ "=" *( unreserved / pct-encoded / <!'()*+,;:@/?$=> ) ]
systemQueryOption = compute / deltatoken / expand / filter / format / id / inlinecount / index / orderby / schemaversion / search
    / select / skip / skiptoken / top

compute = [ "$" ] "compute=" computeItem *( COMMA computeItem )
computeItem = commonExpr RWS "as" RWS odataIdentifier
filter = [ "$" ] "filter=" boolCommonExpr
orderby = [ "$" ] "orderby=" orderbyItem *( COMMA orderbyItem )
orderbyItem = commonExpr [ RWS ( "asc" / "desc" ) ]
top = [ "$" ] "top=" digits
skip = [ "$" ] "skip=" digits
index = [ "$" ] "index=" [ "-" ] digits
inlinecount = [ "$" ] "count=" boolean
format = [ "$" ] "format=" ( "atom" / "json" / "xml" / +pcharInQuery "/" +pcharInQuery )
pcharInQuery = unreserved / pct-encoded / <!$'()*+,;:@=>
id = [ "$" ] "id=" +( unreserved / pct-encoded / <!$'()*+,;:@/?=> )
schemaversion = [ "$" ] "schemaversion=" ( "*" / +unreserved )
deltatoken = "$deltatoken=" +tokenChar
skiptoken = "$skiptoken=" +tokenChar
tokenChar = unreserved / pct-encoded / <!$'()*+,;:@/?=>

search = [ "$" ] "search=" BWS searchExpr
searchExpr = searchOperand *( RWS [ ( 'AND' / 'OR' ) RWS ] searchOperand )
searchOperand = OPEN BWS searchExpr BWS CLOSE / 'NOT' RWS searchOperand / searchPhrase / searchWord / searchString
searchPhrase = DQUOTE *( pchar-plain / <'/?> / pct-no-dquote / WS ) DQUOTE
searchWord = +( unreserved / pct-in-word / <!*+,$':@/?=> )
# Percent-encoded, but no quote, parenthesis or white space.
pct-in-word = "%" ( <13-9A-Fa-f> HEX / "0" <0-8A-Fa-f> / "2" <1345679A-Fa-f> )
searchString = SQUOTE *( pchar-plain / <"/?> / pct-no-squote / WS / SQUOTE SQUOTE ) SQUOTE

expand = [ "$" ] "expand=" expandItem *( COMMA expandItem )
expandItem = "$value" / expandPath
expandPath = *( expandStep "/" ) expandEnd
expandStep = castName / complexProperty / complexColProperty / annotationInQuery
expandEnd = "*" [ ref / OPEN levels CLOSE ] / streamProperty
    / annotationInQuery [ OPEN expandOption *( SEMI expandOption ) CLOSE ]
    / navigationProperty [ "/" castName ] [ ref [ OPEN expandRefOption *( SEMI expandRefOption ) CLOSE ]
        / count [ OPEN countExprOption *( SEMI countExprOption ) CLOSE ] / OPEN expandOption *( SEMI expandOption ) CLOSE ]
expandRefOption = filter / search / orderby / skip / top / inlinecount / aliasAndValue
expandOption = expandRefOption / select / expand / compute / levels
levels = [ "$" ] "levels=" ( <1-9> *DIGIT / "max" )

select = [ "$" ] "select=" selectItem *( COMMA selectItem )
selectItem = "*" / namespace ".*" / selectPath [ OPEN selectOption *( SEMI selectOption ) CLOSE ] / selectOperation
selectPath = *( selectStep "/" ) ( propertyName / castName / annotationInQuery )
selectStep = castName / complexProperty / complexColProperty / annotationInQuery
selectOperation = *( castName "/" ) [ namespace "." ] ( action / anyFunction [ OPEN parameterName *( COMMA parameterName ) CLOSE ] )
selectOption = filter / search / orderby / skip / top / inlinecount / compute / select / expand / aliasAndValue
"#;
