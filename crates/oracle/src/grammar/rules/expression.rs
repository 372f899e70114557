//! Expressions.

pub(super) const RULES: &str = r#"
commonExpr = operand *operatorTail
boolCommonExpr = commonExpr
operatorTail = RWS ( "and" / "or" / "eq" / "ne" / "lt" / "le" / "gt" / "ge" / "add" / "sub" / "mul" / "div" / "divby" / "mod" ) RWS operand
    / RWS "has" RWS operand
    / RWS "in" RWS ( listExpr / operand )
listExpr = OPEN BWS [ ( primitiveLiteral ) BWS *( COMMA BWS primitiveLiteral BWS ) ] CLOSE
operand = primitiveLiteral / arrayOrObject / rootExpr / firstMemberExpr / methodCallExpr / caseExpr / castExpr / isofExpr
    / parenExpr / negateExpr / notExpr
parenExpr = OPEN BWS commonExpr BWS CLOSE
negateExpr = "-" BWS operand
notExpr = "not" RWS commonExpr / "not" parenExpr

rootExpr = "$root/" ( entitySetName [ keyPredicate ] / singletonEntity / importCall ) [ memberTail ]
importCall = anyImport functionExprParameters
anyImport = entityFunctionImport / entityColFunctionImport / complexFunctionImport / complexColFunctionImport
    / primitiveFunctionImport / primitiveColFunctionImport / anyFunction

firstMemberExpr = memberExpr / inscopeVariableExpr [ memberTail ]
inscopeVariableExpr = "$it" / "$this" / parameterAlias / expressionAlias / lambdaVariableExpr
lambdaVariableExpr = odataIdentifier
memberExpr = memberHead [ memberTail ]
propertyPathExpr = memberExpr
memberHead = propertyName [ keyPredicate ] / castName "/" memberStep / functionExpr / annotationInQuery
memberTail = +( "/" memberStep )
memberStep = propertyName [ keyPredicate ] / castName / functionExpr / annotationInQuery / countExpr / anyExpr / allExpr / filterExpr
countExpr = "$count" [ OPEN countExprOption *( SEMI countExprOption ) CLOSE ]
countExprOption = filter / search
filterExpr = "$filter" OPEN boolCommonExpr CLOSE [ keyPredicate ]
anyExpr = "any" OPEN BWS [ lambdaVariableExpr BWS COLON BWS commonExpr ] BWS CLOSE
allExpr = "all" OPEN BWS lambdaVariableExpr BWS COLON BWS commonExpr BWS CLOSE

functionExpr = [ namespace "." ] anyFunction functionExprParameters
functionExprParameters = OPEN [ functionExprParameter *( COMMA functionExprParameter ) ] CLOSE
functionExprParameter = parameterName "=" ( parameterAlias / commonExpr )

methodCallExpr = methodName OPEN BWS [ commonExpr BWS *( COMMA BWS commonExpr BWS ) ] CLOSE
methodName = "concat" / "contains" / "endswith" / "indexof" / "length" / "startswith" / "substring" / "hassubset"
    / "hassubsequence" / "matchesPattern" / "tolower" / "toupper" / "trim" / "date" / "day" / "fractionalseconds" / "hour"
    / "maxdatetime" / "mindatetime" / "minute" / "month" / "now" / "second" / "time" / "totaloffsetminutes" / "totalseconds"
    / "year" / "ceiling" / "floor" / "round" / "geo.distance" / "geo.intersects" / "geo.length"
castExpr = "cast" OPEN BWS [ commonExpr BWS COMMA BWS ] optionallyQualifiedTypeName BWS CLOSE
isofExpr = "isof" OPEN BWS [ commonExpr BWS COMMA BWS ] optionallyQualifiedTypeName BWS CLOSE
caseExpr = "case" OPEN BWS caseArm *( BWS COMMA BWS caseArm ) BWS CLOSE
caseArm = commonExpr BWS COLON BWS commonExpr
"#;
