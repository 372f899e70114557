//! URLs and resource paths.

pub(super) const RULES: &str = r#"
odataUri = serviceRoot [ odataRelativeUri ]
serviceRoot = ( "https" / "http" ) "://" host [ ":" digits ] "/" *( segment "/" )
host = "[" +<0-9A-Za-z:.> "]" / +( unreserved / pct-encoded / <!$&'()*+,;=> )
segment = +( unreserved / pct-encoded / <!$&'()*+,;=:@> )

odataRelativeUri = "$batch" [ "?" plainOption *( "&" plainOption ) ]
    / "$entity" "?" entityOptions
    / "$entity/" qualifiedEntityTypeName "?" castEntityOptions
    / "$metadata" [ "?" plainOption *( "&" plainOption ) ] [ context ]
    / resourcePath [ "?" [ queryOptions ] ]
plainOption = format / customQueryOption
entityOptions = *( plainOption "&" ) id *( "&" plainOption )
castEntityOptions = *( castEntityOption "&" ) id *( "&" castEntityOption )
castEntityOption = plainOption / select / expand

resourcePath = entitySetName [ collectionNavigation ]
    / singletonEntity [ singleNavigation ]
    / actionImport
    / entityColFunctionImport [ functionParameters ] [ collectionNavigation ]
    / entityFunctionImport [ functionParameters ] [ singleNavigation ]
    / complexColImport [ functionParameters ] [ complexColPath ]
    / complexImport [ functionParameters ] [ complexPath ]
    / primitiveColImport [ functionParameters ] [ primitiveColPath ]
    / primitiveImport [ functionParameters ] [ primitivePath ]
    / crossjoin [ querySegment ]
    / "$all" [ "/" optionallyQualifiedEntityTypeName ]
# The published cases call their functions without a binding by either name.
complexImport = complexFunctionImport
complexColImport = complexColFunctionImport
primitiveImport = primitiveFunctionImport
primitiveColImport = primitiveColFunctionImport
crossjoin = "$crossjoin" OPEN entitySetName *( COMMA entitySetName ) CLOSE

collectionNavigation = "/" optionallyQualifiedEntityTypeName [ collectionNavPath ] / collectionNavPath
collectionNavPath = keyPredicate [ singleNavigation ] / filterInPath [ collectionNavigation ] / each [ boundOperation ] / boundOperation
    / count / ref / querySegment
singleNavigation = "/" optionallyQualifiedEntityTypeName [ singleNavPath ] / singleNavPath
singleNavPath = "/" propertyPath / boundOperation / ref / value / querySegment
propertyPath = entityColNavigationProperty [ collectionNavigation ] / entityNavigationProperty [ singleNavigation ]
    / complexColProperty [ complexColPath ] / complexProperty [ complexPath ]
    / primitiveColProperty [ primitiveColPath ] / primitiveProperty [ primitivePath ] / streamProperty [ boundOperation ]
primitiveColPath = count / boundOperation / ordinalIndex / filterInPath [ primitiveColPath ] / querySegment
primitivePath = value / boundOperation / querySegment
complexColPath = "/" optionallyQualifiedComplexTypeName [ complexColIn ] / complexColIn
complexColIn = count / boundOperation / ordinalIndex / filterInPath [ complexColPath ] / querySegment
complexPath = "/" optionallyQualifiedComplexTypeName [ complexIn ] / complexIn
complexIn = "/" propertyPath / boundOperation / querySegment
filterInPath = "/$filter" OPEN ( parameterAlias / boolCommonExpr ) CLOSE
each = "/$each"
count = "/$count"
ref = "/$ref"
value = "/$value"
querySegment = "/$query"
ordinalIndex = "/" [ "-" ] digits

boundOperation = "/" [ namespace "." ] ( action / entityColFunction [ functionParameters ] [ collectionNavigation ]
    / entityFunction [ functionParameters ] [ singleNavigation ]
    / complexColFunction [ functionParameters ] [ complexColPath ] / complexFunction [ functionParameters ] [ complexPath ]
    / primitiveColFunction [ functionParameters ] [ primitiveColPath ]
    / primitiveFunction [ functionParameters ] [ primitivePath ] )
functionParameters = OPEN [ functionParameter *( COMMA functionParameter ) ] CLOSE
functionParameter = parameterName "=" ( parameterAlias / primitiveLiteral )

keyPredicate = OPEN keyValue CLOSE / OPEN keyPair *( COMMA keyPair ) CLOSE / +( "/" keyPathLiteral )
keyPair = odataIdentifier "=" keyValue
keyValue = parameterAlias / primitiveLiteral
"#;
