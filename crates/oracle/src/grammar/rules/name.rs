//! Characters, punctuation and names.

pub(super) const RULES: &str = r##"
DIGIT = <0-9>
HEX = <0-9A-Fa-f>
ALPHA = <A-Za-z>
unreserved = <A-Za-z0-9\-._~>
pct-encoded = "%" HEX HEX
# Percent-encoded, but no quote and no double quote.
pct-plain = "%" ( <013-9A-Fa-f> HEX / "2" <01345689A-Fa-f> )
pct-no-squote = pct-plain / "%22"
pct-no-dquote = pct-plain / "%27"
other-delims = <!()*+,;>
pchar-plain = unreserved / <!()*+,;$&=:@>
WS = < 	> / "%20" / "%09"
BWS = *WS
RWS = +WS
SQUOTE = "'" / "%27"
DQUOTE = <"> / "%22"
OPEN = "(" / "%28"
CLOSE = ")" / "%29"
COMMA = "," / "%2C"
COLON = ":" / "%3A"
SEMI = ";" / "%3B"
PLUS = "+" / "%2B"
SIGN = PLUS / "-"
AT = "@" / "%40"
HASH-IN-QUERY = "%23"

odataIdentifier = identifierLead *identifierChar
identifierLead = <A-Za-z_\u>
identifierChar = <A-Za-z0-9_\u>
namespacePart = odataIdentifier
namespace = namespacePart *( "." namespacePart )
entityTypeName = odataIdentifier
complexTypeName = odataIdentifier
enumerationTypeName = odataIdentifier
typeDefinitionName = odataIdentifier
termName = odataIdentifier
qualifiedEntityTypeName = namespace "." entityTypeName
qualifiedComplexTypeName = namespace "." complexTypeName
qualifiedEnumTypeName = namespace "." enumerationTypeName
optionallyQualifiedEntityTypeName = [ namespace "." ] entityTypeName
optionallyQualifiedComplexTypeName = [ namespace "." ] complexTypeName
castName = optionallyQualifiedEntityTypeName / optionallyQualifiedComplexTypeName
qualifiedCastName = qualifiedEntityTypeName / qualifiedComplexTypeName
primitiveTypeName = "Edm." ( "Binary" / "Boolean" / "Byte" / "Date" / "DateTimeOffset" / "Decimal" / "Double"
    / "Duration" / "Guid" / "Int16" / "Int32" / "Int64" / "SByte" / "Single" / "Stream" / "String" / "TimeOfDay"
    / ( "Geography" / "Geometry" ) [ "Collection" / "LineString" / "MultiLineString" / "MultiPoint"
        / "MultiPolygon" / "Point" / "Polygon" ] )
singleQualifiedTypeName = primitiveTypeName / namespace "." ( entityTypeName / complexTypeName / enumerationTypeName
    / typeDefinitionName )
qualifiedTypeName = singleQualifiedTypeName / "Collection" OPEN singleQualifiedTypeName CLOSE
optionallyQualifiedTypeName = qualifiedTypeName / castName

entitySetName = odataIdentifier
singletonEntity = odataIdentifier
primitiveKeyProperty = odataIdentifier
primitiveNonKeyProperty = odataIdentifier
primitiveProperty = primitiveKeyProperty / primitiveNonKeyProperty
primitiveColProperty = odataIdentifier
complexProperty = odataIdentifier
complexColProperty = odataIdentifier
streamProperty = odataIdentifier
entityNavigationProperty = odataIdentifier
entityColNavigationProperty = odataIdentifier
navigationProperty = entityNavigationProperty / entityColNavigationProperty
propertyName = primitiveProperty / primitiveColProperty / complexProperty / complexColProperty / streamProperty
    / navigationProperty
action = odataIdentifier
actionImport = odataIdentifier
entityFunction = odataIdentifier
entityColFunction = odataIdentifier
complexFunction = odataIdentifier
complexColFunction = odataIdentifier
primitiveFunction = odataIdentifier
primitiveColFunction = odataIdentifier
anyFunction = entityFunction / entityColFunction / complexFunction / complexColFunction / primitiveFunction
    / primitiveColFunction
entityFunctionImport = odataIdentifier
entityColFunctionImport = odataIdentifier
complexFunctionImport = odataIdentifier
complexColFunctionImport = odataIdentifier
primitiveFunctionImport = odataIdentifier
primitiveColFunctionImport = odataIdentifier
parameterName = odataIdentifier
parameterAlias = AT odataIdentifier
enumerationMember = odataIdentifier
expressionAlias = odataIdentifier
keyPathLiteral = +( unreserved / pct-encoded / <!$&'()*+,;=:@> )
customName = ( unreserved / pct-plain / <!*+,;:()/?> ) *( unreserved / pct-plain / <!*+,;:()/?@$> )
annotationInQuery = AT [ namespace "." ] termName [ HASH-IN-QUERY odataIdentifier ]
annotationInFragment = "@" [ namespace "." ] termName [ "#" odataIdentifier ]
"##;
