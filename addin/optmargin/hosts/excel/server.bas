Option Explicit
' Written by optmargin from the declarations of its functions. A change made here is lost at the next "optmargin install excel".
'
' Each function below hands its arguments to the add-in's Python process, once per call however many cells they have, and turns
' the error texts of the answer into Excel's own errors. XLPy is xlwings' and stands in the module xlwings.

Private Const UDF_MODULE As String = "optmargin.hosts.excel.udfs"
Private Const UDF_MODULE_OF_1904 As String = "optmargin.hosts.excel.udfs_of_1904"
Private Const SECONDS_BETWEEN_STARTS As Long = 20

Private omServer As Object      ' the Python process; kept, since looking it up costs more than an answer
Private omFailure As String     ' why the last call had no answer; empty when it had one
Private omFailedAt As Date      ' when Python last failed to start; zero when it started

Private Function OmPython() As Object
    If omServer Is Nothing Then
        ' A start that fails may take a minute. A sheet full of formulas must not wait that long for each of them.
        If omFailedAt > 0 And Now < omFailedAt + SECONDS_BETWEEN_STARTS / 86400# Then Err.Raise 1000, "optmargin", omFailure
        omFailedAt = Now
        Set omServer = XLPy()
        omFailedAt = 0
    End If
    Set OmPython = omServer
End Function

Private Function OmModule() As String
    ' Value2 gives a day as its workbook counts it, and some count from 1904. Where no cell asks (a macro), days are counted as VBA does.
    Dim from1904 As Boolean
    On Error Resume Next
    from1904 = Application.Caller.Worksheet.Parent.Date1904
    On Error GoTo 0
    If from1904 Then OmModule = UDF_MODULE_OF_1904 Else OmModule = UDF_MODULE
End Function

Private Function OmIsGone(number As Long) As Boolean
    ' The process ended, or was ended: remote server unavailable, RPC server unavailable, RPC failed, object disconnected.
    OmIsGone = number = 462 Or number = &H800706BA Or number = &H800706BE Or number = &H80010108
End Function

Private Function OmCall(fname As String, given As Variant, inWords As Boolean) As Variant
    Dim attempt As Long, number As Long, said As String
again:
    attempt = attempt + 1
    On Error GoTo failed
    OmCall = OmShown(OmPython().CallUDF(OmModule(), fname, given))
    omFailure = ""
    Exit Function
failed:
    number = Err.Number
    said = Err.Description
    If OmIsGone(number) Then
        Set omServer = Nothing
        If attempt < 2 Then Resume again
    End If
    omFailure = said
    If inWords Then
        OmCall = Left$("Python gave no answer: " & said, 255)
    Else
        OmCall = CVErr(2042)    ' #N/A; OPTMARGIN_STATUS says why
    End If
End Function

Public Function OPTMARGIN_STATUS() As Variant
    OPTMARGIN_STATUS = OmCall("OPTMARGIN_STATUS", Array(), True)
End Function

' --- what goes to Python ----------------------------------------------------------------------------------------------------

Private Function OmSent(Optional x As Variant) As Variant
    If IsMissing(x) Then
        OmSent = Empty
    ElseIf IsObject(x) Then
        OmSent = OmSentRange(x)
    Else
        OmSent = OmSentCells(x)
    End If
End Function

Private Function OmSentRange(x As Variant) As Variant
    Dim used As Long
    If TypeName(x) <> "Range" Then
        OmSentRange = "#VALUE!"
    ElseIf x.Areas.Count > 1 Then
        OmSentRange = "#VALUE!"     ' Value2 would leave out every area but the first
    ElseIf x.Rows.Count = x.Worksheet.Rows.Count Then
        used = x.Worksheet.UsedRange.Row + x.Worksheet.UsedRange.Rows.Count - 1
        If used < 2 Then used = 2   ' a single cell would serve every row of the other ranges
        OmSentRange = OmSentCells(x.Resize(used).Value2)    ' a whole column: what lies below is blank
    Else
        OmSentRange = OmSentCells(x.Value2)
    End If
End Function

Private Function OmSentCells(x As Variant) As Variant
    Dim held As Variant, i As Long, j As Long
    held = x
    Select Case OmDimensions(x)
        Case 0
            held = OmSentCell(x)
        Case 1
            For i = LBound(held) To UBound(held)
                If IsError(held(i)) Then held(i) = OmSentCell(held(i))
            Next i
        Case 2
            For i = LBound(held, 1) To UBound(held, 1)
                For j = LBound(held, 2) To UBound(held, 2)
                    If IsError(held(i, j)) Then held(i, j) = OmSentCell(held(i, j))
                Next j
            Next i
        Case Else
            held = "#VALUE!"
    End Select
    OmSentCells = held
End Function

Private Function OmSentCell(x As Variant) As Variant
    ' An error travels as its text; left as it is, Python would see a number.
    If IsError(x) Then
        Select Case CLng(x)
            Case 2000: OmSentCell = "#NULL!"
            Case 2007: OmSentCell = "#DIV/0!"
            Case 2023: OmSentCell = "#REF!"
            Case 2029: OmSentCell = "#NAME?"
            Case 2036: OmSentCell = "#NUM!"
            Case 2042: OmSentCell = "#N/A"
            Case Else: OmSentCell = "#VALUE!"   ' and the later ones, such as #SPILL! and #CALC!
        End Select
    Else
        OmSentCell = x
    End If
End Function

' --- what comes back --------------------------------------------------------------------------------------------------------

Private Function OmShown(answer As Variant) As Variant
    Dim held As Variant, i As Long, j As Long
    held = answer
    Select Case OmDimensions(answer)
        Case 0
            held = OmShownCell(answer)
        Case 1
            For i = LBound(held) To UBound(held)
                If VarType(held(i)) = vbString Then held(i) = OmShownCell(held(i))
            Next i
        Case Else
            For i = LBound(held, 1) To UBound(held, 1)
                For j = LBound(held, 2) To UBound(held, 2)
                    If VarType(held(i, j)) = vbString Then held(i, j) = OmShownCell(held(i, j))
                Next j
            Next i
    End Select
    OmShown = held
End Function

Private Function OmShownCell(x As Variant) As Variant
    OmShownCell = x
    If VarType(x) = vbString Then
        Select Case x
            Case "#NULL!": OmShownCell = CVErr(2000)
            Case "#DIV/0!": OmShownCell = CVErr(2007)
            Case "#VALUE!": OmShownCell = CVErr(2015)
            Case "#REF!": OmShownCell = CVErr(2023)
            Case "#NAME?": OmShownCell = CVErr(2029)
            Case "#NUM!": OmShownCell = CVErr(2036)
            Case "#N/A": OmShownCell = CVErr(2042)
        End Select
    End If
End Function

Private Function OmDimensions(x As Variant) As Long
    Dim found As Long, last As Long
    If IsArray(x) Then
        On Error GoTo counted
        Do
            last = UBound(x, found + 1)
            found = found + 1
        Loop
    End If
counted:
    OmDimensions = found
End Function

' --- the function wizard's texts --------------------------------------------------------------------------------------------

Private Sub OmDescribe(fname As String, about As String, help As Variant)
    On Error Resume Next    ' a function without its description answers all the same
    If UBound(help) < LBound(help) Then
        Application.MacroOptions Macro:="'" & ThisWorkbook.Name & "'!" & fname, Description:=about, Category:="optmargin"
    Else
        Application.MacroOptions Macro:="'" & ThisWorkbook.Name & "'!" & fname, Description:=about, Category:="optmargin", _
            ArgumentDescriptions:=help
    End If
End Sub
