//! Literals as they stand in URLs, and values as they stand elsewhere.

pub(super) const RULES: &str = r#"
null = "null"
boolean = "true" / "false"
booleanValue = 'true' / 'false'
digits = +DIGIT

byteValue = digits
sbyteValue = [ SIGN ] digits
int16Value = [ SIGN ] digits
int32Value = [ SIGN ] digits
int64Value = [ SIGN-VALUE ] digits
SIGN-VALUE = <+\->
sbyteLiteral = sbyteValue
int16Literal = int16Value
int32Literal = int32Value
int64Literal = [ SIGN ] digits
numberIn = digits [ "." digits ]
decimalValue = [ SIGN-VALUE ] numberIn [ "e" [ SIGN-VALUE ] digits ] / 'INF' / '-INF' / 'NaN'
doubleValue = decimalValue
singleValue = doubleValue
decimalLiteral = [ SIGN ] numberIn [ "e" [ SIGN ] digits ] / 'INF' / '-INF' / 'NaN'
doubleLiteral = decimalLiteral
singleLiteral = doubleLiteral

guid = HEX8 "-" HEX4 "-" HEX4 "-" HEX4 "-" HEX4 HEX8
HEX4 = HEX HEX HEX HEX
HEX8 = HEX4 HEX4
guidValue = guid

yearPart = [ "-" ] ( "0" DIGIT DIGIT DIGIT / <1-9> DIGIT DIGIT DIGIT *DIGIT )
monthPart = "0" <1-9> / "1" <0-2>
dayPart = "0" <1-9> / <12> DIGIT / "3" <01>
hourPart = <01> DIGIT / "2" <0-3>
minutePart = <0-5> DIGIT
secondPart = minutePart / "60"
date = yearPart "-" monthPart "-" dayPart
dateValue = date
dateTimeOffsetValue = date "T" hourPart ":" minutePart [ ":" secondPart [ "." digits ] ] ( "Z" / SIGN-VALUE hourPart ":" minutePart )
dateTimeOffsetValueInUrl = date "T" hourPart COLON minutePart [ COLON secondPart [ "." digits ] ] ( "Z" / SIGN hourPart COLON minutePart )
dateTimeOffsetLiteral = dateTimeOffsetValueInUrl
timeOfDayValue = hourPart ":" minutePart [ ":" secondPart [ "." digits ] ]
timeOfDayLiteral = hourPart COLON minutePart [ COLON secondPart [ "." digits ] ]
durationIn = "P" [ digits "D" ] [ "T" [ digits "H" ] [ digits "M" ] [ digits [ "." digits ] "S" ] ]
durationValue = [ "-" ] durationIn
durationLiteral = [ "duration" ] SQUOTE [ SIGN ] durationIn SQUOTE

base64char = <A-Za-z0-9\-_>
binaryValue = *( base64char base64char base64char base64char )
    [ base64char base64char [ "==" ] / base64char base64char base64char [ "=" ] ]
binaryLiteral = "binary" SQUOTE binaryValue SQUOTE

stringLiteral = SQUOTE *( pchar-plain / pct-no-squote / SQUOTE SQUOTE ) SQUOTE
enumValue = enumIn *( "," enumIn )
enumIn = enumerationMember / int64Value
enumInLiteral = enumerationMember / int64Literal
enumLiteral = [ qualifiedEnumTypeName ] SQUOTE enumInLiteral *( COMMA enumInLiteral ) SQUOTE

coordinate = doubleValue
position = coordinate RWS coordinate [ RWS coordinate [ RWS coordinate ] ]
pointIn = OPEN position CLOSE
lineIn = OPEN position *( COMMA position ) CLOSE
ringsIn = OPEN lineIn *( COMMA lineIn ) CLOSE
polygonsIn = OPEN [ ringsIn *( COMMA ringsIn ) ] CLOSE
shape = "Point" pointIn / "LineString" lineIn / "Polygon" ringsIn / "MultiPoint" OPEN [ pointIn *( COMMA pointIn ) ] CLOSE
    / "MultiLineString" ringsIn / "MultiPolygon" polygonsIn / "Collection" OPEN shape *( COMMA shape ) CLOSE
fullShape = "SRID=" digits SEMI shape
geoLiteral = ( "geography" / "geometry" ) SQUOTE fullShape SQUOTE

primitiveLiteral = null / boolean / guid / date / dateTimeOffsetLiteral / timeOfDayLiteral / decimalLiteral
    / durationLiteral / binaryLiteral / stringLiteral / enumLiteral / geoLiteral
primitiveValue = booleanValue / guid / durationValue / date / dateTimeOffsetValue / timeOfDayValue / enumValue
    / fullShape / decimalValue / binaryValue

# JSON within a URL.
stringInUrl = DQUOTE *charInJson DQUOTE
charInJson = < !#$&-[\]-~\u> / pctInJson / escape ( escaped / "u" HEX4 )
pctInJson = "%" ( <013467-9A-Fa-f> HEX / "2" <013-9A-Fa-f> / "5" <0-9ABDEFabdef> )
escape = "\" / "%5C"
escaped = </\\bfnrt"> / DQUOTE / "%5C" / "%2F"
beginArray = BWS ( "[" / "%5B" ) BWS
endArray = BWS ( "]" / "%5D" )
beginObject = BWS ( "{" / "%7B" ) BWS
endObject = BWS ( "}" / "%7D" )
arrayExpr = beginArray [ itemExpr *( BWS COMMA BWS itemExpr ) ] endArray
objectExpr = beginObject [ memberOfObject *( BWS COMMA BWS memberOfObject ) ] endObject
memberOfObject = stringInUrl BWS COLON BWS itemExpr
itemExpr = stringInUrl / commonExpr
arrayOrObject = arrayExpr / objectExpr
"#;
